import { plannedDeployments } from './planned-deployment.js';

describe('plannedDeployments', () => {
  const plans = plannedDeployments('6.0.5');

  it('offer real servers before façades', () => {
    expect(plans.slice(0, 5)).toMatchObject([
      { name: 'standalone 6.0.5', topology: 'single', facade: false, facadeOptions: undefined },
      { name: 'replica set 6.0.5', topology: 'replicaset', facade: false, facadeOptions: undefined },
      { name: 'standalone with users 6.0.5', auth: true, facade: false, facadeOptions: undefined },
      { name: 'replica set with users 6.0.5', auth: true, facade: false, facadeOptions: undefined },
      { name: 'replica set of three 6.0.5', topology: 'replicaset', facade: false, members: 3 },
    ]);
    expect(plans.slice(5).every(({ facade }) => facade)).toBe(true);
  });

  it('offer other versions as façades, whose names say so', () => {
    expect(plans).toContainEqual({
      ...{ name: 'replica set façade 4.2.25', topology: 'replicaset', version: '4.2.25', auth: false },
      ...{ facade: true, members: 1, shape: 'replica set', facadeOptions: { version: '4.2.25' } },
    });
    for (const { facade, name } of plans) expect(/façade/.test(name)).toBe(facade);
  });

  it('have a name of their own each', () => {
    expect(new Set(plans.map(({ name }) => name)).size).toBe(plans.length);
  });

  it('offer every topology, and servers with users', () => {
    const topologies = new Set(plans.map(({ topology }) => topology));
    expect([...topologies].toSorted()).toEqual(['load-balanced', 'replicaset', 'sharded-replicaset', 'single']);
    const withUsers = plans.filter(({ auth, facade }) => auth && !facade).map(({ name }) => name);
    expect(withUsers).toEqual(['standalone with users 6.0.5', 'replica set with users 6.0.5']);
  });

  it('imitate no version that the server has', () => {
    const names = plannedDeployments('8.2.1').map(({ name }) => name);
    expect(names).toContain('standalone 8.2.1');
    expect(names).not.toContain('standalone façade 8.2.1');
  });
});
