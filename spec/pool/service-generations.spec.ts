import { ObjectId } from '../../lib/bson/codec.js';
import { ServiceGenerations } from '../../lib/pool/service-generations.js';

describe('ServiceGenerations', () => {
  it('counts each service by itself, by value and not by identity', () => {
    const services = new ServiceGenerations();
    const [one, other] = [new ObjectId(), new ObjectId()];
    expect([services.added(one), services.added(other)]).toEqual([0, 0]);
    services.increment(new ObjectId(one.toHexString()));
    expect([services.of(one), services.of(other), services.added(one)]).toEqual([1, 0, 1]);
  });

  it('counts all at once', () => {
    const services = new ServiceGenerations();
    const [one, other] = [new ObjectId(), new ObjectId()];
    services.added(one);
    services.added(other);
    services.increment();
    expect([services.of(one), services.of(other)]).toEqual([1, 1]);
  });

  it('forgets a service with its last connection', () => {
    const services = new ServiceGenerations();
    const service = new ObjectId();
    for (let i = 0; i < 2; i++) services.added(service);
    services.increment(service);
    services.removed(service);
    expect(services.of(service)).toBe(1);
    services.removed(service);
    expect([services.of(service), services.added(service)]).toEqual([0, 0]);
  });

  it('knows nothing of a service without connections', () => {
    const services = new ServiceGenerations();
    const service = new ObjectId();
    services.increment(service);
    services.removed(service);
    expect(services.of(service)).toBe(0);
  });
});
