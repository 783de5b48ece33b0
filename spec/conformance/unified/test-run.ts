import type { Document } from '../../../lib/index.js';
import { EntityMap } from './entity-map.js';
import type { Ground } from './ground.js';
import type { MatchContext, MatchPlace } from './match-place.js';
import { sessionView } from './session-view.js';
import { Difference, MalformedTestError } from './verdicts.js';

/** A fail point that must be switched off after the test. */
interface FailPoint {
  readonly name: string;
  /** The server on which it was set, where that was not the primary. */
  readonly address?: string;
}

/** One test while it runs: its entities, and what must be cleaned up behind it. */
export class TestRun implements MatchContext {
  readonly ground: Ground;
  readonly entities = new EntityMap();
  readonly failPoints: FailPoint[] = [];
  /** The latest cluster time of the initial data, which sessions must know. */
  clusterTime: Document | undefined;
  /** Whether a transaction may be open. */
  startedTransaction = false;
  /** What the test is doing, for messages. */
  step = 'setting up';
  /** Ends loops that go on until somebody ends them. */
  readonly loopsEnd = new AbortController();
  #abandoned = false;

  constructor(ground: Ground) {
    this.ground = ground;
  }

  /** Nothing more is to be done: the test's time is over. */
  abandon(): void {
    this.#abandoned = true;
    this.loopsEnd.abort();
  }

  /** @throws Difference once the test has been abandoned */
  refuseAbandoned(): void {
    if (this.#abandoned) throw new Difference('the test has run out of time');
  }

  get place(): MatchPlace {
    return { context: this, path: '', root: true };
  }

  entity(name: string): unknown {
    const { kind, value } = this.entities.any(name);
    if (kind !== 'bson') throw new MalformedTestError(`${name} is a ${kind}, not a BSON value`);
    return value;
  }

  lsid(name: string): unknown {
    return sessionView(this.entities.get(name, 'session')).lsid;
  }
}
