import type { ObjectId } from 'bson';
import { errorReply, isFailure } from './error-reply.js';
import { isHello, type Layer, type Link, withFields } from './layer.js';

const MISMATCH =
  'The server is being accessed through a load balancer, but this driver does not have load balancing enabled';

/**
 * What a mongos does that is reached through a load balancer (load-balancers.md, "Server Behavior").
 *
 * @param serviceId of the mongos that connections of this layer lead to.
 */
export function loadBalanced(serviceId: ObjectId): Layer {
  const shaken = new WeakSet<Link>();
  return {
    wants: isHello,
    async handle(command, next, link) {
      // Only the first hello of a connection is the handshake.
      if (!shaken.has(link) && command.body.loadBalanced !== true) return errorReply(354, MISMATCH);
      const reply = await next(withFields(command, { loadBalanced: undefined }));
      if (reply === undefined || isFailure(reply)) return reply;
      const isHandshake = !shaken.has(link);
      shaken.add(link);
      return isHandshake ? { ...reply, serviceId } : reply;
    },
  };
}
