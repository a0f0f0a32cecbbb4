import { configure } from '@testing-library/dom';

/** How long is waited for what must come, on however slow a machine; who waits for what must not come says so himself. */
configure({ asyncUtilTimeout: 15_000 });
