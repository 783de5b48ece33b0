import { types } from 'node:util';

/** Makes this copy's value of another copy's, by the name of its class. */
export type Adopt = (type: string, foreign: any) => unknown;

/** Where every version of the bson package keeps its major number, on the prototypes of its classes. */
const VERSION = Symbol.for('@@mdb.bson.version');

/**
 * A copy of the document with values of this major version of the bson package, which refuses those of any other. An
 * application may hold several: each library brings its own.
 *
 * @param version the major version that stays as it is
 */
export function adoptForeign(document: Record<string, any>, version: unknown, adopt: Adopt): Record<string, any> {
  // A circle in the document stays one in its copy: the encoder finds it, and says where.
  const copies = new Map<object, object>();

  const convert = (given: any): unknown => {
    const value = typeof given?.toBSON === 'function' ? given.toBSON() : given;
    if (typeof value !== 'object' || value === null || isPlainValue(value)) return value;
    if (typeof value._bsontype === 'string') return value[VERSION] === version ? value : adopt(value._bsontype, value);
    return copies.get(value) ?? copy(value);
  };

  const copy = (value: any): object => {
    const target: any = Array.isArray(value) ? [] : types.isMap(value) ? new Map() : {};
    copies.set(value, target);
    if (types.isMap(value)) for (const [key, item] of value) target.set(key, convert(item));
    else for (const key of Object.keys(value)) define(target, key, convert(value[key]));
    return target;
  };

  return convert(document) as Record<string, any>;
}

/** Not an assignment: a field may be called `__proto__`. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

function isPlainValue(value: object): boolean {
  return types.isDate(value) || types.isRegExp(value) || ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
}
