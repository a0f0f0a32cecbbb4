/** What the telephone keeps: what was loaded, and what waits to be sent. Without IndexedDB (a private window) it keeps them for as long as it is open. */

const STORE = 'kept';
let opened: Promise<IDBDatabase> | undefined;
const memory = new Map<string, unknown>();

function open(): Promise<IDBDatabase> {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open('onekey-stores', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error ?? new Error('IndexedDB'));
  });
  return opened;
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const asked = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('IndexedDB'));
  });
}

export async function load<T>(name: string): Promise<T | undefined> {
  try {
    return (await run('readonly', (store) => store.get(name) as IDBRequest<T | undefined>)) ?? (memory.get(name) as T);
  } catch {
    return memory.get(name) as T | undefined;
  }
}

export async function save(name: string, value: unknown): Promise<void> {
  memory.set(name, value);
  try {
    await run('readwrite', (store) => store.put(value, name));
  } catch {
    // kept in memory
  }
}

export async function forget(): Promise<void> {
  memory.clear();
  try {
    await run('readwrite', (store) => store.clear());
  } catch {
    // it was in memory only
  }
}
