/** Where a connection is cut: see `Cut`. */
export type CutPoint = 'before request' | 'after request' | 'inside reply' | 'after reply';

export type FaultAction =
  /** Cuts the connection: before the request goes on, after it went on, in the middle of the reply, or after it. */
  | { readonly kind: 'cut'; readonly at: CutPoint }
  /** Waits, before the request goes on or before the reply does. Default: the request. */
  | { readonly kind: 'delay'; readonly ms: number; readonly at?: 'request' | 'reply' }
  /** Sends the request and the reply at this rate. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Sends the request and the reply byte by byte, each in a segment of its own. */
  | { readonly kind: 'one byte writes' }
  /** Spoils the reply: its length, opcode or responseTo, or `count` bytes (default 1) behind the header. */
  | { readonly kind: 'corrupt'; readonly what: 'length' | 'opcode' | 'responseTo' | 'body'; readonly count?: number }
  /** Resets a connection as soon as it is accepted. */
  | { readonly kind: 'refuse' }
  /** Never answers: a request when a command or an appName is aimed at, else a whole connection from its start. */
  | { readonly kind: 'silent' };

export interface FaultAim {
  /** Index or address (of the server or of its proxy) of a member. Default: every member. */
  readonly member?: number | string;
  /** Name of a command, or several. A compressed message hides its name and is not hit by such an aim. */
  readonly command?: string | readonly string[];
  /** Application name of the client's handshake. */
  readonly appName?: string;
  /** How often it strikes. Default: until `clear`. */
  readonly times?: number;
  /** How many matches pass before it strikes. Default 0. */
  readonly skip?: number;
  /** Chance of each match to be struck, 0 to 1. Default 1. */
  readonly chance?: number;
  /** Seed of the chance and of spoilt bytes. Default 1. */
  readonly seed?: number;
}

export type FaultSpec = FaultAim & FaultAction;

/** What is aimed at. A connection that was just accepted has no command yet. */
export interface Target {
  readonly member: number;
  readonly addresses: readonly string[];
  readonly appName: string;
  readonly command?: string;
}

/** A fault that is set. */
export class Fault {
  readonly spec: FaultSpec;
  /** How often it struck. */
  hits = 0;
  readonly #random: () => number;
  readonly #remove: (fault: Fault) => void;
  #matches = 0;

  constructor(spec: FaultSpec, remove: (fault: Fault) => void) {
    this.spec = spec;
    this.#random = seededRandom(spec.seed ?? 1);
    this.#remove = remove;
  }

  /** Takes the fault back. Connections that it has broken stay broken. */
  clear(): void {
    this.#remove(this);
  }

  /** A number from 0 to 1, from the fault's seed. */
  random(): number {
    return this.#random();
  }

  /** Whether it strikes here; counts the match, and the hit. */
  strikes(target: Target): boolean {
    if (!matches(this.spec, target)) return false;
    this.#matches++;
    if (this.#matches <= (this.spec.skip ?? 0)) return false;
    if (this.hits >= (this.spec.times ?? Number.POSITIVE_INFINITY)) return false;
    if (this.spec.chance !== undefined && this.#random() >= this.spec.chance) return false;
    this.hits++;
    return true;
  }
}

/** Whether the fault breaks connections at their start. */
function aimsAtConnections(spec: FaultSpec): boolean {
  return spec.kind === 'refuse' || (spec.kind === 'silent' && spec.command === undefined && spec.appName === undefined);
}

function matches(spec: FaultSpec, target: Target): boolean {
  if (aimsAtConnections(spec) !== (target.command === undefined)) return false;
  if (typeof spec.member === 'number' && spec.member !== target.member) return false;
  if (typeof spec.member === 'string' && !target.addresses.includes(spec.member)) return false;
  if (spec.appName !== undefined && spec.appName !== target.appName) return false;
  if (spec.command === undefined) return true;
  return [spec.command].flat().includes(target.command ?? '');
}

/** mulberry32: small, and the same on every machine. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
