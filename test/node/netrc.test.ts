import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { inspect, promisify } from 'node:util';
import fc from 'fast-check';
import { netrcHeaders, openStore, parseNetrc } from 'narkit/node';
import { HttpStore } from 'narkit/store';
import { tempDir } from '../support/temp.ts';

const refused = { name: 'ParseError', code: 'ERR_PARSE_NETRC' } as const;
const basic = (login: string, password: string): string =>
  `Basic ${Buffer.from(`${login}:${password}`).toString('base64')}`;

/** A server that keeps the credentials it was sent. */
async function server(t: TestContext) {
  const seen: (string | undefined)[] = [];
  const http = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('hello');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return { seen, url: `http://127.0.0.1:${(http.address() as AddressInfo).port}` };
}

const FILE = `# comment
machine a.example login ada password lovelace
macdef init
machine m.example login no password no

MACHINE b.example
  login "bob smith" account x # tail
  password "q\\"\\\\\\t\\x"
machine empty.example
machine only.example login l
machine c.example login one password 1 machine c.example login two password 2
default login anonymous password guest
machine late.example login late password late
`;

test('lookup: first match, default in its place, quotes, macros, comments', () => {
  const netrc = parseNetrc(FILE);
  for (const [host, login, password] of [
    ['a.example', 'ada', 'lovelace'],
    ['A.Example', 'ada', 'lovelace'],
    ['b.example', 'bob smith', 'q"\\\tx'],
    ['c.example', 'one', '1'],
    ['only.example', 'l', ''],
    ['m.example', 'anonymous', 'guest'],
    ['empty.example', 'anonymous', 'guest'],
    ['late.example', 'anonymous', 'guest'],
  ] as const) {
    assert.deepEqual(netrc.lookup(host), { login, password }, host);
  }
  assert.deepEqual(netrc.lookup('c.example', 'two'), { login: 'two', password: '2' });
  assert.equal(netrc.lookup('c.example', 'three'), undefined);
  assert.equal(parseNetrc('machine a.example login x').lookup('b.example'), undefined);
  assert.equal(parseNetrc('').lookup('a'), undefined);
  assert.equal(parseNetrc('login x password y').lookup('a'), undefined, 'of no machine');
  const macro = 'macdef m machine a login no password no\n\ndefault login d password p';
  assert.deepEqual(parseNetrc(macro).lookup('a'), { login: 'd', password: 'p' });
  assert.deepEqual(parseNetrc('machine a\r\nlogin b\r\npassword c\r\n').lookup('a'), {
    login: 'b',
    password: 'c',
  });
  assert.deepEqual(parseNetrc('machine a login login password password').lookup('a'), {
    login: 'login',
    password: 'password',
  });
});

test('law: what is quoted comes out', () => {
  const words = fc.string({ minLength: 1 }).filter((word) => !/[\n]/.test(word));
  fc.assert(
    fc.property(words, words, (login, password) => {
      const quote = (word: string): string => `"${word.replaceAll(/["\\]/g, '\\$&')}"`;
      const text = `machine h login ${quote(login)} password ${quote(password)}`;
      assert.deepEqual(parseNetrc(text).lookup('h'), { login, password });
    }),
  );
});

test('what is wrong is told by line, without the text', () => {
  for (const [text, line] of [
    ['machine a\nlogin b password "hunter2', 2],
    ['machine a password "hunter2\n"', 1],
    ['machine a login hunter2\n\npassword\n', 3],
  ] as const) {
    assert.throws(
      () => parseNetrc(text),
      (err: Error & { line?: number }) => {
        assert.equal(err.line, line);
        assert.ok(!inspect(err).split('\n    at ')[0]?.includes('hunter2'));
        return (err as { code?: string }).code === refused.code;
      },
    );
  }
  assert.ok(!inspect(parseNetrc(FILE), { depth: 9, showHidden: true }).includes('lovelace'));
  assert.throws(() => parseNetrc(`machine a password "${'\\a'.repeat(500_000)}`), refused);
});

test('header fields: by host, without port and brackets; the URL comes first', () => {
  const netrc = parseNetrc(
    'machine h.example login ada password é\nmachine ::1 login six password 6\nmachine h.example login eve password e',
  );
  assert.deepEqual(netrcHeaders(netrc, 'https://h.example:8443/x'), { authorization: basic('ada', 'é') });
  assert.deepEqual(netrcHeaders(netrc, 'http://[::1]:80/'), { authorization: basic('six', '6') });
  assert.deepEqual(netrcHeaders(netrc, 'https://eve@h.example'), { authorization: basic('eve', 'e') });
  const odd = parseNetrc('machine h login %zz password x\nmachine h login "a b" password y');
  assert.deepEqual(netrcHeaders(odd, 'https://%zz@h'), { authorization: basic('%zz', 'x') });
  assert.deepEqual(netrcHeaders(odd, 'https://a%20b@h'), { authorization: basic('a b', 'y') });
  for (const url of ['https://mallory@h.example', 'https://ada:x@h.example', 'https://other.example']) {
    assert.deepEqual(netrcHeaders(netrc, url), {}, url);
  }
});

test('an HttpStore logs in; openStore reads the file', async (t) => {
  const { seen, url } = await server(t);
  const dir = await tempDir(t);
  const netrcFile = join(dir, 'netrc');
  const text = 'machine 127.0.0.1 login ada password lovelace';
  writeFileSync(netrcFile, text, { mode: 0o600 });
  const ask = async (store: { head(key: string): Promise<unknown> }): Promise<string | undefined> => {
    await store.head('nix-cache-info');
    return seen.pop();
  };
  const login = basic('ada', 'lovelace');
  assert.equal(await ask(new HttpStore(url, { headers: netrcHeaders(parseNetrc(text), url) })), login);
  assert.equal(await ask(await openStore(url, { netrcFile })), login);
  assert.equal(await ask(await openStore(url)), undefined);
  assert.equal(await ask(await openStore(url, { netrcFile: join(dir, 'none') })), undefined);
  const own = { netrcFile, headers: { Authorization: 'Bearer b' } };
  assert.equal(await ask(await openStore(url, own)), 'Bearer b');
  assert.equal(await ask(await openStore(url, { ...own, headers: () => own.headers })), 'Bearer b');
  assert.equal(await ask(await openStore(url, { netrcFile, headers: { 'x-y': 'z' } })), login);
  const named = (user: string): string => url.replace('//', `//${user}@`);
  assert.equal(await ask(await openStore(named('ada'), { netrcFile })), login);
  assert.equal(await ask(await openStore(named('eve:x'), { netrcFile })), basic('eve', 'x'));
  mkdirSync(join(dir, 'directory'));
  await assert.rejects(openStore(url, { netrcFile: join(dir, 'directory') }), { code: 'ERR_FILE_IO' });
  await assert.rejects(openStore(url, { netrcFile: '/dev/zero' }), refused);
  writeFileSync(netrcFile, Buffer.from('machine 127.0.0.1 password \xe9', 'latin1'));
  await assert.rejects(openStore(url, { netrcFile }), refused);
  writeFileSync(netrcFile, 'machine');
  await assert.rejects(openStore(url, { netrcFile }), refused);
});

test('curl sends the same', async (t) => {
  if (spawnSync('curl', ['--version']).status !== 0) return t.skip('curl is not available');
  const { seen, url } = await server(t);
  const path = join(await tempDir(t), 'netrc');
  for (const text of [
    'machine 127.0.0.1 login ada password lovelace',
    '# c\n  # c machine 127.0.0.1 login no password no\nmachine x login a password b\nmachine 127.0.0.1\n login ada\n password lovelace\n',
    'default login d password p',
    'machine 127.0.0.1 login "a b" password "c\\"d\\\\e\\nf\\tg\\xh"\n',
    'macdef m\nmachine 127.0.0.1 login no password no\n\nmachine 127.0.0.1 login yes password yes\n',
    'machine other login a password b\n',
    'MACHINE 127.0.0.1 LOGIN ada PASSWORD x\n',
    'machine 127.0.0.1 login one password 1\nmachine 127.0.0.1 login two password 2\n',
    'default login d password p\nmachine 127.0.0.1 login one password 1\n',
    'machine 127.0.0.1 login ada password p#q\n',
    'machine 127.0.0.1 login ada account x password p\n',
  ]) {
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    await promisify(execFile)('curl', ['-s', '--noproxy', '*', '--netrc-file', path, url]);
    assert.equal(netrcHeaders(parseNetrc(text), url)['authorization'], seen.pop(), text);
  }
});
