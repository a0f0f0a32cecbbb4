import { Store } from '../../kit/store';

/** The case that is asked to become an emergency; null: none is. */
export const opening = new Store<string | null>(null);
