import { Store } from '../../kit/store';

/** The case that an order is being put together for; null: the order form is shut. What was chosen is kept as a draft. */
export const ordering = new Store<string | null>(null);
