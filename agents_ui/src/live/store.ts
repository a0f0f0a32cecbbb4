import type { ClientMessage, Hello, ServerMessage } from '../api/types';
import { Store } from '../kit/store';
import { ServerClock, Ticker } from './clock';
import { EMPTY, reduceLive, type LiveAction, type LiveState } from './reducer';
import { ConsoleSocket, type SocketDeps } from './socket';

/** The live data of the console, outside React. */
export class LiveStore extends Store<LiveState> {
  readonly clock = new ServerClock();
  readonly ticker = new Ticker(this.clock);
  private readonly socket: ConsoleSocket;
  /** Called when the socket can be spoken to, and when the sign-in behind it has ended. */
  onOpen: () => void = () => undefined;
  /** Another sign-in of ours was put to rest by this one. */
  onTookOver: (from: NonNullable<Hello['took_over']>) => void = () => undefined;
  onRefused: () => void = () => undefined;

  constructor(url: string, deps?: SocketDeps) {
    super(EMPTY);
    this.socket = new ConsoleSocket(
      url,
      {
        onMessage: (message) => this.take(message),
        onOpen: () => this.onOpen(),
        onLost: () => this.dispatch({ type: 'connection', connection: 'lost', at: Date.now() }),
        onReplaced: () => this.dispatch({ type: 'connection', connection: 'replaced', at: Date.now() }),
        onRefused: () => {
          this.dispatch({ type: 'connection', connection: 'refused', at: Date.now() });
          this.onRefused();
        },
      },
      deps,
    );
  }

  connect(): void {
    this.dispatch({ type: 'connection', connection: 'connecting', at: Date.now() });
    this.ticker.start();
    this.socket.open();
  }

  disconnect(): void {
    this.socket.close();
    this.ticker.stop();
    this.dispatch({ type: 'reset' });
  }

  hurry(): void {
    this.socket.hurry();
  }

  /** The network is gone, or this machine slept: what is open is not to be believed. */
  doubt(): void {
    this.socket.doubt();
  }

  send(message: ClientMessage): boolean {
    return this.socket.send(message);
  }

  dispatch(action: LiveAction): void {
    this.set(reduceLive(this.get(), action));
  }

  private take(message: ServerMessage): void {
    switch (message.type) {
      case 'hello':
        this.clock.sample(message.now);
        if (message.took_over) this.onTookOver(message.took_over);
        return;
      case 'ping':
        this.clock.sample(message.now);
        return;
      case 'snapshot':
        this.clock.sample(message.now);
        this.dispatch({ type: 'snapshot', seq: message.seq, data: message.data });
        return;
      case 'event':
        this.dispatch({ type: 'event', event: message });
        return;
    }
  }
}
