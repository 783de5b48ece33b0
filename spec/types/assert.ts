/** `true` if the types are the same, also in `any`, optional and readonly. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
export type Expect<T extends true> = T;

/** Takes a value of type `T` and nothing else: the checks hand it what must compile, or must not. */
export declare function accept<T>(...values: T[]): void;
