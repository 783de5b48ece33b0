import { inspect } from 'node:util';
import type { Document } from '../bson/codec.js';
import { hello, type Role } from '../commands/hello.js';
import { runCommand } from '../commands/run-command.js';
import { AutoReconnectError } from '../errors/connection-errors.js';
import { ReadPreference } from '../options/read-preference.js';
import { abortSignalOf } from '../util/abort-signal.js';
import { ambientDeadline } from '../util/ambient-deadline.js';
import { Deadline } from '../util/deadline.js';
import { call, steps } from './call.js';
import { DeploymentView } from './deployment-view.js';
import { type Health, type HealthOptions, healthOf, type ReadyOptions, type ServiceRole } from './health.js';
import { untilReady } from './until-ready.js';

const HEALTH_LIMIT_MS = 2_000;
const READY_LIMIT_MS = 60_000;
/** Where the client waits for a server as long as it takes. */
const ALIVE_LIMIT_MS = 30_000;

/** Questions of a service to its client: whether it is alive, how it is, and when it is ready. */
export abstract class ClientHealth extends DeploymentView {
  /** Which server has to be there for the client to be open, and alive. */
  protected get needed(): ReadPreference {
    return this.readPreference;
  }

  /**
   * Whether a server for the client's reads answers within `serverSelectionTimeoutMS`, and `timeoutMS` if the client has
   * one. Never rejects.
   */
  alive(): Promise<boolean> {
    return this.#ping().then(
      () => true,
      () => false,
    );
  }

  /**
   * How the deployment and this client are: asks a server that the program needs for its role, and tells of all servers
   * and pools. Resolves within `timeoutMS`, for an unhealthy deployment too, and then says why; costs one small command.
   *
   * @throws TypeError or RangeError for options that are wrong; the signal's reason
   * @example
   * app.get('/health', async (request, response) => {
   *   const health = await client.health({ timeoutMS: 1_000 });
   *   response.status(health.ok ? 200 : 503).json(health);
   * });
   */
  health(options: HealthOptions = {}): Promise<Health> {
    return steps(async () => {
      const { role, deadline, signal } = this.#question(options, HEALTH_LIMIT_MS);
      const startedAt = performance.now();
      try {
        const { address } = await this.#ask(role, deadline, signal);
        const latencyMS = performance.now() - startedAt;
        return healthOf({ role, address, latencyMS }, this.topologyDescription, this.poolStats());
      } catch (error) {
        if (signal?.aborted === true) throw signal.reason;
        return healthOf({ role, error }, this.topologyDescription, this.poolStats());
      }
    });
  }

  /**
   * Resolves to the client when the deployment serves: for the start of a service that may be up before its database. What
   * passes by itself is tried again: connections that are refused, a set without a primary, a name that DNS does not know
   * yet.
   *
   * @throws OperationTimeoutError when `timeoutMS` is over, with the last failure as its `cause`; the signal's reason; at once
   * what will never pass, such as a ConfigurationError or a wrong password
   * @example
   * await client.ready({ timeoutMS: 120_000 });
   * server.listen(8080);
   */
  ready(options: ReadyOptions = {}): Promise<this> {
    return steps(async () => {
      const { role, deadline, signal } = this.#question(options, READY_LIMIT_MS);
      await untilReady(() => this.#ask(role, deadline, signal), deadline, signal);
      this.found();
      return this;
    });
  }

  /** The client has a server: it is open. */
  protected abstract found(): void;

  #question(options: HealthOptions, limitMS: number) {
    if (typeof options !== 'object' || options === null)
      throw new TypeError(`options must be an object, not ${inspect(options)}`);
    const { role = this.needed.mode === 'primary' ? 'write' : 'read' } = options;
    if (role !== 'read' && role !== 'write')
      throw new TypeError(`role must be 'read' or 'write', not ${inspect(role, { depth: 0 })}`);
    const own = new Deadline(Deadline.check(options.timeoutMS ?? limitMS, 'timeoutMS'));
    const deadline = Deadline.earlier(own, ambientDeadline())!;
    return { role, deadline, signal: abortSignalOf(options.signal) };
  }

  /** @throws AutoReconnectError where the server that answers has not the role, as after an election that is not known yet */
  async #ask(role: ServiceRole, deadline: Deadline, signal: AbortSignal | undefined): Promise<Role> {
    const readPreference = role === 'write' ? ReadPreference.PRIMARY : this.needed;
    const scope = this.scope.inDatabase('admin').with({ readPreference, killOnAbort: false });
    const answer = await this.core.run(hello, scope, {
      deadline,
      tellsServer: false,
      options: { signal, session: null },
    });
    if (role === 'write' ? answer.takesWrites : answer.takesReads) return answer;
    throw new AutoReconnectError(`the server at ${answer.address} takes no ${role}s now`);
  }

  #ping(): Promise<Document> {
    const scope = this.scope.inDatabase('admin').with({ readPreference: this.needed });
    const limit = new Deadline(this.options.serverSelectionTimeoutMS || ALIVE_LIMIT_MS);
    const deadline = Deadline.earlier(limit, scope.deadline(undefined));
    const options = { session: null };
    return call(this.core, runCommand, scope, { command: { ping: 1 }, options, deadline, tellsServer: false });
  }
}
