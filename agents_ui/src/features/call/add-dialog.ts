import { Store } from '../../kit/store';

/** Which side of "add or transfer" stands open; null: none. */
export const addDialog = new Store<'colleague' | 'number' | null>(null);
