import type { Document, Timestamp } from '../bson/codec.js';
import type { OpenedChanges, StartPoint } from '../commands/change-stream.js';

/**
 * Where a change stream is, and with what it would go on. Pure: knows no server, no cursor and no time.
 *
 * @see MongoDB Change Streams specification, "Resume Process" and "Updating the Cached Resume Token"
 */
export class ResumePoint {
  /** The token of what has been read; at first, the one that the stream was started with. */
  token: Document | undefined;
  #given: StartPoint;
  #operationTime: Timestamp | undefined;
  /** Whether an event has been given out, after which `startAfter` is `resumeAfter`. */
  #returned = false;
  #opened = false;

  constructor(given: StartPoint) {
    this.#given = given;
    this.token = given.startAfter ?? given.resumeAfter;
  }

  /** What the next aggregate starts with. */
  get start(): StartPoint {
    if (!this.#opened) return this.#given;
    const { startAfter, startAtOperationTime } = this.#given;
    if (this.token !== undefined) {
      return startAfter !== undefined && !this.#returned ? { startAfter: this.token } : { resumeAfter: this.token };
    }
    const time = startAtOperationTime ?? this.#operationTime;
    return time === undefined ? this.#given : { startAtOperationTime: time };
  }

  /** The first aggregate has succeeded. */
  opened({ operationTime }: Pick<OpenedChanges, 'operationTime'>): void {
    if (this.#opened) return;
    this.#opened = true;
    const { resumeAfter, startAfter, startAtOperationTime } = this.#given;
    const isGiven = (resumeAfter ?? startAfter ?? startAtOperationTime) !== undefined;
    if (!isGiven) this.#operationTime = operationTime;
  }

  /** An event has been given out. */
  returned(): void {
    this.#returned = true;
  }

  /** Begins at what comes next: what lies between is given up. */
  forget(): void {
    this.#given = {};
    this.token = undefined;
    this.#operationTime = undefined;
    this.#opened = false;
  }
}
