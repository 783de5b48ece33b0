import { directTo, hostsOf, withHosts } from './connection-uri.js';

describe('connection strings of deployments', () => {
  it('name their hosts', () => {
    expect(hostsOf('mongodb://a:1,b,[::1]:2/db?x=1')).toEqual(['a:1', 'b:27017', '[::1]:2']);
    expect(hostsOf('mongodb://u:p@%2Ftmp%2Fmongodb-1.sock')).toEqual(['/tmp/mongodb-1.sock']);
  });

  it('can be for other hosts', () => {
    expect(withHosts('mongodb://u:p@a:1,b:2/db?tls=true', ['c:3'])).toBe('mongodb://u:p@c:3/db?tls=true');
    expect(withHosts('mongodb://a:1', ['c:3', 'd:4'])).toBe('mongodb://c:3,d:4/');
  });

  it('can be for one server, whatever the others are', () => {
    expect(directTo('mongodb://u@a,b/?replicaSet=rs&w=1', 'b:2')).toBe('mongodb://u@b:2/?w=1&directConnection=true');
    expect(directTo('mongodb://a/?loadBalanced=true&appName=x%20y', 'a:1')).toBe(
      'mongodb://a:1/?appName=x%20y&directConnection=true',
    );
  });

  it('have to be some', () => {
    expect(() => hostsOf('localhost:27017')).toThrow('expected a connection string: mongodb://host:port/');
  });
});
