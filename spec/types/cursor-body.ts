import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Writable } from 'node:stream';
import type { AsyncCommandCursor } from '../../lib/api/async-command-cursor.js';
import type { AsyncCursor } from '../../lib/api/async-cursor.js';
import type { BodyOptions, BodyOutcome, ResponseOptions } from '../../lib/api/body-types.js';
import { accept, type Equal, type Expect } from './assert.js';
import type { Order } from './shop.js';

declare const cursor: AsyncCursor<Order>;
declare const aggregated: AsyncCommandCursor<Order>;
declare const response: ServerResponse;
declare const http2Response: Http2ServerResponse;
declare const writable: Writable;

accept<Promise<Response>>(cursor.toResponse(), aggregated.toResponse(), cursor.map(({ _id }) => _id).toResponse());
accept<Promise<BodyOutcome>>(cursor.pipeTo(response), aggregated.pipeTo(http2Response), cursor.pipeTo(writable));
export type Rows = Expect<Equal<BodyOutcome['rows'], number>>;

accept<BodyOptions>(
  {},
  { format: 'array', maxRows: 5, maxBytes: 10_000, truncate: true, status: 201, signal: undefined },
  { headers: { 'x-a': 'b' } },
  { headers: [['x-a', 'b']] },
  { headers: new Headers() },
  { headers: new Map([['x-a', 'b']]) },
);
// @ts-expect-error not a format
accept<BodyOptions>({ format: 'csv' });
// @ts-expect-error pipeTo says by its promise how it ended
accept<BodyOptions>({ onEnd: () => undefined });
accept<ResponseOptions>({ onEnd: ({ rows, truncated, error }) => console.log(rows + 1, truncated === true, error) });

accept<Promise<Order[]>>(cursor.toList(5, { maxBytes: 1000 }), cursor.toArray({ maxBytes: 1000 }), cursor.toArray());
// @ts-expect-error a limit is a number
cursor.toList(5, { maxBytes: '1 MB' });
