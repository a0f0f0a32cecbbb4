import type { ClientMessage, ServerMessage } from '../api/types';

/** A WebSocket whose other side is the test. */
export class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readyState: number = FakeSocket.CONNECTING;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readonly sent: ClientMessage[] = [];
  closedWith: number | null = null;

  constructor(readonly url: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientMessage);
  }
  close(code: number): void {
    this.closedWith = code;
    this.readyState = FakeSocket.CLOSED;
  }

  say(message: ServerMessage): void {
    this.sayText(JSON.stringify(message));
  }
  sayText(text: string): void {
    this.readyState = FakeSocket.OPEN;
    this.onmessage?.({ data: text });
  }
  /** The server, or the network, ends it. */
  drop(code = 1006): void {
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.({ code });
  }
}

/** Keeps what was opened; the newest is what counts. */
export class FakeSockets {
  readonly all: FakeSocket[] = [];
  make = (url: string): WebSocket => {
    const socket = new FakeSocket(url);
    this.all.push(socket);
    return socket as unknown as WebSocket;
  };
  get last(): FakeSocket {
    const newest = this.all.at(-1);
    if (newest === undefined) throw new Error('no socket was opened');
    return newest;
  }
}
