import { headersOf } from './otel-headers.js';

describe('headersOf', () => {
  it.each([
    ['', {}],
    ['authorization=Bearer abc=, x-team = a ', { authorization: 'Bearer abc=', 'x-team': 'a' }],
    ['authorization=Basic%20YQ%3D%3D,x=1%2C2', { authorization: 'Basic YQ==', x: '1,2' }],
    [{ authorization: 'Bearer 100%, really' }, { authorization: 'Bearer 100%, really' }],
    [{}, {}],
  ])('%j gives %j', (given, headers) => {
    expect(headersOf(given)).toEqual(headers);
  });

  it.each([
    ['no pair'],
    ['=value'],
    ['a=%zz'],
    ['a b=c'],
    [{ a: 1 }],
    [{ a: 'one\ntwo' }],
    [{ 'a:': 'b' }],
    [['a=b']],
    [1],
  ])('%j is neither form', (given) => {
    expect(headersOf(given)).toBeUndefined();
  });
});
