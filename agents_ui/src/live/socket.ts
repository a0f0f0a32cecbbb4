import type { ClientMessage, ServerMessage } from '../api/types';

export const CLOSED_NOT_SIGNED_IN = 4401;
export const CLOSED_REPLACED = 4409;

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 8_000;
/** Before `hello` tells the real one. */
const DEFAULT_HEARTBEAT_S = 10;

/** Exponential, with half of it random, so that 500 consoles don't come back in the same instant. */
export function reconnectDelay(attempt: number, random: () => number): number {
  const full = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);
  return full / 2 + (full / 2) * random();
}

export interface SocketHandlers {
  onMessage(message: ServerMessage): void;
  /** The socket is usable: `hello` has come. */
  onOpen(): void;
  onLost(): void;
  onReplaced(): void;
  onRefused(): void;
}

export interface SocketDeps {
  make(url: string): WebSocket;
  random(): number;
}

const BROWSER: SocketDeps = { make: (url) => new WebSocket(url), random: Math.random };

/** Keeps the console's WebSocket open: heartbeats watched, lost ones opened again, until `close`. */
export class ConsoleSocket {
  private socket: WebSocket | null = null;
  private wanted = false;
  private attempt = 0;
  private heartbeatMs = DEFAULT_HEARTBEAT_S * 1000;
  private watchdog: ReturnType<typeof setTimeout> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: string,
    private readonly handlers: SocketHandlers,
    private readonly deps: SocketDeps = BROWSER,
  ) {}

  open(): void {
    this.wanted = true;
    this.attempt = 0;
    this.connect();
  }

  close(): void {
    this.wanted = false;
    clearTimeout(this.retry);
    this.drop(1000);
  }

  /** The network is said to be back, or the tab was looked at again: don't wait for the timer. */
  hurry(): void {
    if (!this.wanted || this.socket !== null) return;
    this.attempt = 0;
    this.connect();
  }

  /** Drops what looks open and opens anew. */
  doubt(): void {
    if (this.wanted && this.socket !== null) this.ended(0);
  }

  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.drop(1000);
    const socket = this.deps.make(this.url);
    this.socket = socket;
    this.watch();
    socket.onmessage = (event) => {
      if (this.socket === socket) this.take(String(event.data));
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.ended(event.code);
    };
  }

  private take(text: string): void {
    this.watch();
    let message: ServerMessage;
    try {
      message = JSON.parse(text) as ServerMessage;
    } catch {
      this.ended(0);
      return;
    }
    if (message.type === 'hello') {
      this.attempt = 0;
      this.heartbeatMs = message.heartbeat_s * 1000;
      this.watch();
      this.handlers.onOpen();
    }
    if (message.type === 'ping') this.send({ type: 'pong' });
    this.handlers.onMessage(message);
  }

  /** No sign of life for 2.5 heartbeats: the connection is dead even if the browser does not know it. */
  private watch(): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(() => this.ended(0), this.heartbeatMs * 2.5);
  }

  private ended(code: number): void {
    this.drop(1000);
    if (code === CLOSED_REPLACED || code === CLOSED_NOT_SIGNED_IN) {
      this.wanted = false;
      if (code === CLOSED_REPLACED) this.handlers.onReplaced();
      else this.handlers.onRefused();
      return;
    }
    if (!this.wanted) return;
    this.handlers.onLost();
    this.retry = setTimeout(() => this.connect(), reconnectDelay(this.attempt, this.deps.random));
    this.attempt += 1;
  }

  private drop(code: number): void {
    clearTimeout(this.watchdog);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(code);
  }
}
