import type { Document } from '../../../lib/index.js';
import { MalformedTestError } from './verdicts.js';

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

  /** @throws MalformedTestError where the name is taken */
  add(name: string, kind: EntityKind, value: unknown): void {
    if (this.#entities.has(name)) throw new MalformedTestError(`the entity ${name} exists already`);
    this.#entities.set(name, { kind, value });
  }

  has(name: string): boolean {
    return this.#entities.has(name);
  }

  /** Puts another value in the place of a BSON entity, such as a count that goes up. */
  replace(name: string, value: unknown): void {
    this.#entities.set(name, { kind: 'bson', value });
  }

  /** @throws MalformedTestError where there is no such entity */
  any(name: string): Entity {
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
}
