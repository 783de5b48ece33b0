import type { ObjectId } from '../bson/codec.js';

/**
 * The generations of the services behind a load balancer. A service is forgotten with its last connection.
 *
 * @see MongoDB Connection Monitoring and Pooling specification, "Load Balancer Mode"
 */
export class ServiceGenerations {
  readonly #services = new Map<string, { generation: number; connections: number }>();

  of(serviceId: ObjectId): number {
    return this.#services.get(serviceId.toHexString())?.generation ?? 0;
  }

  /** Counts a new connection. @returns the generation that it belongs to. */
  added(serviceId: ObjectId): number {
    const key = serviceId.toHexString();
    const service = this.#services.get(key) ?? { generation: 0, connections: 0 };
    service.connections++;
    this.#services.set(key, service);
    return service.generation;
  }

  removed(serviceId: ObjectId): void {
    const key = serviceId.toHexString();
    const service = this.#services.get(key);
    if (service !== undefined && --service.connections === 0) this.#services.delete(key);
  }

  /** All connections that the service has now, or without one every service, are of an older generation from now on. */
  increment(serviceId?: ObjectId): void {
    for (const [key, service] of this.#services) {
      if (serviceId === undefined || key === serviceId.toHexString()) service.generation++;
    }
  }
}
