import type { Document } from '../../../lib/index.js';
import { MalformedTestError, type NotBuiltYet } from './verdicts.js';

export type EntityKind =
  | 'client'
  | 'database'
  | 'collection'
  | 'session'
  | 'bucket'
  | 'thread'
  | 'changeStream'
  | 'findCursor'
  | 'commandCursor'
  | 'topologyDescription'
  | 'eventList'
  | 'bson';

export interface Entity {
  readonly kind: EntityKind;
  readonly value: any;
}

/** The named objects of one test. Names are unique, and each is found by the kind that is asked for. */
export class EntityMap {
  readonly #entities = new Map<string, Entity>();
  /** Entities that the driver could not make: a test that does not use them can run all the same. */
  readonly #missing = new Map<string, NotBuiltYet>();

  /** @throws MalformedTestError where the name is taken */
  add(name: string, kind: EntityKind, value: unknown): void {
    this.#refuseTaken(name);
    this.#entities.set(name, { kind, value });
  }

  /** Keeps the name of an entity that the driver cannot make yet: whoever asks for it gets the reason. */
  addMissing(name: string, reason: NotBuiltYet): void {
    this.#refuseTaken(name);
    this.#missing.set(name, reason);
  }

  has(name: string): boolean {
    return this.#entities.has(name) || this.#missing.has(name);
  }

  /** Puts another value in the place of a BSON entity, such as a count that goes up. */
  replace(name: string, value: unknown): void {
    this.#entities.set(name, { kind: 'bson', value });
  }

  /** @throws MalformedTestError where there is no such entity, NotBuiltYet where it could not be made */
  any(name: string): Entity {
    const missing = this.#missing.get(name);
    if (missing !== undefined) throw missing;
    const entity = this.#entities.get(name);
    if (entity === undefined) throw new MalformedTestError(`there is no entity ${name}`);
    return entity;
  }

  /** @throws MalformedTestError where there is no such entity, or one of another kind */
  get<Value = any>(name: unknown, kind: EntityKind): Value {
    if (typeof name !== 'string') throw new MalformedTestError(`the name of a ${kind} is missing`);
    const entity = this.any(name);
    if (entity.kind !== kind) throw new MalformedTestError(`${name} is a ${entity.kind}, not a ${kind}`);
    return entity.value;
  }

  /** All of one kind, in the order in which they were made. */
  all<Value = any>(kind: EntityKind): Value[] {
    return [...this.#entities.values()].filter((entity) => entity.kind === kind).map(({ value }) => value);
  }

  /** What can be told to the outside: names and values without objects of the driver. */
  get values(): Document {
    const plain = [...this.#entities].filter(([, { kind }]) => kind === 'bson' || kind === 'eventList');
    return Object.fromEntries(plain.map(([name, { value }]) => [name, value]));
  }

  #refuseTaken(name: string): void {
    if (this.has(name)) throw new MalformedTestError(`the entity ${name} exists already`);
  }
}
