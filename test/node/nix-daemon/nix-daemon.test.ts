import assert from 'node:assert/strict';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { collect, isNarkitError, NixDaemonError } from 'narkit';
import { NixDaemon, type NixDaemonEvent, nixDaemonCommand, nixDaemonSocket } from 'narkit/node';
import { pathOf, textObject } from '../../support/infos.ts';
import { tempDir } from '../../support/temp.ts';
import { error, LAST, type Peer, served, str, strs, u64 } from './fake-daemon.ts';

const path = pathOf('a');
const full = `/nix/store/${path}`;
const HASH = '1f74654995656e90c436466ca558f6ce518526e5121dcff57ca5a47b126051fb';
/** An answer to QueryPathInfo, with every kind of value. */
const ANSWER = Buffer.concat([
  LAST,
  u64(1),
  str(''),
  str(HASH),
  strs(full),
  u64(1_795_342_949, 168, 0),
  strs('key-1:AAAA'),
  str('text:sha256:11nagjvz1qv9sjkmd1h8mr7pp3xa6nyw9is1544pfmjs8nigcn6c'),
]);
const UNAVAILABLE = { code: 'ERR_NIX_DAEMON_UNAVAILABLE', retryable: true } as const;

/** Reads a request for a path's info. */
async function asked(peer: Peer): Promise<void> {
  assert.equal(await peer.u64(), 26);
  assert.equal(await peer.str(), full);
}

for (const [minor, trust, expected] of [
  [21, 0, { protocol: '1.21', version: undefined, trusted: undefined, features: [] }],
  [32, 0, { protocol: '1.32', version: undefined, trusted: undefined, features: [] }],
  [34, 0, { protocol: '1.34', version: '9.9.9', trusted: undefined, features: [] }],
  [35, 2, { protocol: '1.35', version: '9.9.9', trusted: false, features: [] }],
  [37, 0, { protocol: '1.37', version: '9.9.9', trusted: undefined, features: [] }],
  [38, 1, { protocol: '1.38', version: '9.9.9', trusted: true, features: ['a', 'b'] }],
  [99, 1, { protocol: '1.38', version: '9.9.9', trusted: true, features: ['a', 'b'] }],
] as const) {
  test(`a daemon of protocol 1.${minor}`, async () => {
    let announced = 0;
    await using daemon = served(async (peer) => {
      announced = await peer.greet(minor, ['a', 'b'], trust);
      await asked(peer);
      peer.send(LAST, u64(0));
    });
    assert.deepEqual(await daemon.info(), expected);
    assert.equal(await daemon.queryPathInfo(path), undefined);
    assert.equal(announced, 0x126);
  });
}

test('what is no daemon, or one too old, is told apart', async () => {
  for (const [bytes, code] of [
    [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'ERR_NIX_DAEMON_PROTOCOL'],
    [u64(0x6478696f, 0x0222), 'ERR_NIX_DAEMON_PROTOCOL'],
    [u64(0x6478696f, 0x0114), 'ERR_UNSUPPORTED'],
  ] as const) {
    await using daemon = served(async (peer) => peer.send(bytes));
    await assert.rejects(daemon.info(), { code });
  }
});

test('an answer cut off anywhere: unavailable, and the next request takes a new connection', async () => {
  for (let length = 0; length < ANSWER.length; length += 4) {
    await using daemon = served(async (peer, connection) => {
      await peer.greet();
      await asked(peer);
      peer.send(connection === 0 ? ANSWER.subarray(0, length) : ANSWER);
      if (connection === 0) peer.stream.end();
    });
    await assert.rejects(daemon.queryPathInfo(path), { ...UNAVAILABLE, operation: 'QueryPathInfo' });
    const info = await daemon.queryPathInfo(path);
    assert.deepEqual([info?.narSize, info?.references, info?.signatures.length], [168, [path], 1]);
  }
});

test('any byte of an answer changed: an info, or a typed error, never a hang', async () => {
  for (let at = 0; at < ANSWER.length; at++) {
    await using daemon = served(async (peer) => {
      await peer.greet();
      await asked(peer);
      peer.send(ANSWER.map((byte, i) => (i === at ? byte ^ 0x21 : byte)) as Buffer);
      peer.stream.end();
    });
    await daemon.queryPathInfo(path).catch((err: unknown) => assert.ok(isNarkitError(err), String(err)));
  }
});

test('an answer that is not understood leaves the connection in order', async () => {
  let connections = 0;
  await using daemon = served(async (peer) => {
    connections++;
    await peer.greet();
    await asked(peer);
    peer.send(LAST, u64(1), str('/elsewhere/x'), str(HASH), strs(), u64(0, 1, 0), strs(), str(''));
    await asked(peer);
    peer.send(ANSWER);
  });
  await assert.rejects(daemon.queryPathInfo(path), { code: 'ERR_PARSE_STORE_PATH' });
  assert.equal((await daemon.queryPathInfo(path))?.narSize, 168);
  assert.equal(connections, 1);
});

test('bytes that nobody asked for break the connection, with an answer or without', async () => {
  for (const idle of [false, true]) {
    await using daemon = served(async (peer, connection) => {
      await peer.greet();
      await asked(peer);
      if (connection > 0) return peer.send(ANSWER);
      peer.send(LAST, u64(0), ...(idle ? [] : [u64(7)]));
      await sleep(5);
      if (idle) peer.send(u64(7));
    });
    assert.equal(await daemon.queryPathInfo(path), undefined);
    await sleep(20);
    assert.equal((await daemon.queryPathInfo(path))?.narSize, 168);
  }
});

test('a daemon that falls silent: the time-out, in a request and in the greeting', async () => {
  await using silent = served(async (peer) => void (await peer.greet()), { timeoutMs: 20 });
  await assert.rejects(silent.queryPathInfo(path), { ...UNAVAILABLE, message: /20 ms/ });
  await using mute = served(async () => {}, { connectTimeoutMs: 20 });
  await assert.rejects(mute.queryPathInfo(path), { ...UNAVAILABLE, operation: 'connect' });
  // Log messages are signs of life.
  await using slow = served(
    async (peer) => {
      await peer.greet();
      await asked(peer);
      for (let i = 0; i < 5; i++) {
        await sleep(40);
        peer.send(u64(0x6f6c6d67), str('still at it\n'));
      }
      peer.send(LAST, u64(0));
    },
    { timeoutMs: 150 },
  );
  assert.equal(await slow.queryPathInfo(path), undefined);
});

test("the caller's own time is not the daemon's", async () => {
  const { info, nar } = await textObject('slow', 'slow');
  await using daemon = served(
    async (peer) => {
      await peer.greet();
      for (let i = 0; i < 2; i++) await peer.u64();
      peer.stream.read();
      await sleep(200);
      peer.send(LAST);
    },
    { timeoutMs: 120 },
  );
  const source = async function* (): AsyncGenerator<Uint8Array> {
    await sleep(180);
    yield nar;
  };
  const started = performance.now();
  await daemon.addToStoreNar(info, source()).catch(() => {});
  assert.ok(performance.now() - started > 170, 'it was not given up while the source was waited for');
});

test('an abort ends the request, and only that', async () => {
  const controller = new AbortController();
  await using daemon = served(async (peer, connection) => {
    await peer.greet();
    await asked(peer);
    if (connection > 0) peer.send(ANSWER);
  });
  const waiting = daemon.queryPathInfo(path, { signal: controller.signal });
  const behind = daemon.queryPathInfo(path);
  const gone = daemon.queryPathInfo(path, { signal: AbortSignal.timeout(1) });
  await assert.rejects(gone, { name: 'TimeoutError' });
  setTimeout(() => controller.abort(new Error('enough')), 10);
  await assert.rejects(waiting, /enough/);
  assert.equal((await behind)?.narSize, 168);
  await assert.rejects(daemon.queryPathInfo(path, { signal: AbortSignal.abort(new Error('no')) }), /no/);
});

test('close() ends what waits, in a request and in the queue', async () => {
  const daemon = served(async (peer) => void (await peer.greet()));
  const waiting = [path, path, path].map((one) => daemon.queryPathInfo(one) as Promise<unknown>);
  waiting.push(daemon.addTempRoot(path));
  setTimeout(() => void daemon.close(), 10);
  for (const one of waiting) await assert.rejects(one, TypeError);
  await assert.rejects(daemon.isValidPath(path), TypeError);
});

test('the log comes as events, an error as an error without colours', async () => {
  const events: NixDaemonEvent[] = [];
  await using daemon = served(
    async (peer) => {
      await peer.greet();
      await asked(peer);
      peer.send(
        u64(0x6f6c6d67, 3),
        Buffer.from('hi\n\0\0\0\0\0'),
        u64(0x53545254, 2n ** 60n, 3, 105),
        str('building'),
        u64(2, 0, 5, 1),
        str('field'),
        u64(7),
        u64(0x52534c54, 2n ** 60n, 101, 1, 1),
        str('line'),
        u64(0x53544f50, 2n ** 60n),
        error('\u001B[31;1merror:\u001B[0m no', 'while \u001B[1mx\u001B[0m', 'deeper'),
      );
      await asked(peer);
      peer.send(ANSWER);
    },
    { onLog: (event) => events.push(event) },
  );
  await assert.rejects(daemon.queryPathInfo(path), (err: NixDaemonError) => {
    assert.ok(err instanceof NixDaemonError);
    assert.deepEqual([err.code, err.retryable, err.operation], ['ERR_NIX_DAEMON', false, 'QueryPathInfo']);
    assert.match(err.message, /QueryPathInfo: error: no$/);
    assert.deepEqual(err.traces, ['while x', 'deeper']);
    return true;
  });
  const id = 2n ** 60n;
  assert.deepEqual(events, [
    { type: 'message', text: 'hi\n' },
    { type: 'start', id, level: 3, activity: 105, text: 'building', fields: [5, 'field'], parent: 7n },
    { type: 'result', id, result: 101, fields: ['line'] },
    { type: 'stop', id },
  ]);
  assert.equal((await daemon.queryPathInfo(path))?.narSize, 168, 'the connection is in order');
});

test('an early answer stops the body, but its end is sent', async () => {
  const { info } = await textObject('early', 'early');
  let taken = 0;
  let received = -1;
  await using daemon = served(async (peer) => {
    await peer.greet();
    await peer.u64();
    peer.send(error('no need to go on'));
    for (let i = 0; i < 3; i++) await peer.str();
    await peer.strs();
    await peer.bytes(24);
    await peer.strs();
    await peer.str();
    await peer.bytes(16);
    received = (await peer.frames()).length;
    await asked(peer);
    peer.send(ANSWER);
  });
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      taken++;
      await sleep(1);
      yield new Uint8Array(100_000);
    }
  };
  await assert.rejects(daemon.addToStoreNar(info, endless()), { code: 'ERR_NIX_DAEMON', message: /no need/ });
  assert.equal((await daemon.queryPathInfo(path))?.narSize, 168);
  assert.ok(received >= 0 && received <= taken * 100_000 && taken < 100);
});

test('a daemon that does not take the body holds its source back', async () => {
  const { info } = await textObject('pressure', 'x');
  let taken = 0;
  await using daemon = served(async (peer) => void (await peer.greet()), { timeoutMs: 100 });
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      taken += 100_000;
      yield new Uint8Array(100_000);
    }
  };
  await assert.rejects(daemon.addToStoreNar(info, endless()), UNAVAILABLE);
  assert.ok(taken <= 1_000_000, `${taken} bytes were taken`);
});

test('nonsense while a body is sent ends the sending, though nobody takes it', {
  timeout: 5000,
}, async () => {
  const { info } = await textObject('nonsense', 'x');
  await using daemon = served(async (peer) => {
    await peer.greet();
    await peer.u64();
    peer.send(u64(0xbad));
  });
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array(100_000);
  };
  await assert.rejects(daemon.addToStoreNar(info, endless()), { code: 'ERR_NIX_DAEMON_PROTOCOL' });
});

test('a flat file whose source fails is not ended: the daemon would add the part', async () => {
  let ended = false;
  await using daemon = served(async (peer) => {
    await peer.greet();
    await peer.u64();
    for (let i = 0; i < 2; i++) await peer.str();
    await peer.strs();
    await peer.u64();
    await peer.frames();
    ended = true;
  });
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(70_000);
    throw new Error('the disk is gone');
  };
  await assert.rejects(daemon.addToStore({ name: 'x', method: 'flat' }, broken()), /the disk is gone/);
  await sleep(5);
  assert.equal(ended, false);
});

test('a NAR that is cut off or garbled fails', async () => {
  const { nar } = await textObject('nar', 'x'.repeat(100_000));
  for (const [bytes, code] of [
    [nar.subarray(0, 50_000), 'ERR_NIX_DAEMON_UNAVAILABLE'],
    [Buffer.concat([nar.subarray(0, 50), error('too late')]), 'ERR_NIX_DAEMON_PROTOCOL'],
  ] as const) {
    await using daemon = served(async (peer, connection) => {
      await peer.greet();
      if (connection === 0) {
        for (let i = 0; i < 2; i++) {
          await peer.u64();
          await peer.str();
          peer.send(LAST, ...(i === 0 ? [u64(1)] : [Buffer.from(bytes)]));
        }
        return void peer.stream.end();
      }
      await asked(peer);
      peer.send(ANSWER);
    });
    await assert.rejects(collect(await daemon.narFromPath(path)), { code });
    assert.equal((await daemon.queryPathInfo(path))?.narSize, 168);
  }
});

test('a NAR given up, begun or not, frees its place for a new connection', async () => {
  const { nar } = await textObject('nar', 'x'.repeat(300_000));
  for (const begun of [false, true]) {
    await using daemon = served(async (peer, connection) => {
      await peer.greet();
      if (connection > 0) {
        await asked(peer);
        return peer.send(ANSWER);
      }
      for (const answer of [u64(1), Buffer.from(nar)]) {
        await peer.u64();
        await peer.str();
        peer.send(LAST, answer);
      }
    });
    const stream = await daemon.narFromPath(path);
    const reader = stream.getReader();
    if (begun) await reader.read();
    await reader.cancel();
    assert.equal((await daemon.queryPathInfo(path))?.narSize, 168);
  }
});

test('temporary roots are held again after their connection broke', async () => {
  const held: string[][] = [];
  await using daemon = served(async (peer, connection) => {
    await peer.greet();
    held[connection] = [];
    for (let i = 0; i < (connection === 0 ? 2 : 9); i++) {
      assert.equal(await peer.u64(), 11);
      held[connection]?.push((await peer.str()).slice(-1));
      peer.send(LAST, u64(1));
    }
    peer.stream.end();
  });
  for (const name of ['a', 'b']) await daemon.addTempRoot(pathOf(name));
  await sleep(10);
  await daemon.addTempRoot(pathOf('c'));
  assert.deepEqual(held, [
    ['a', 'b'],
    ['a', 'b', 'c'],
  ]);
});

test('what a protocol does not have is said before anything is sent', async () => {
  await using daemon = served(async (peer) => void (await peer.greet(21)));
  await assert.rejects(daemon.queryDerivationOutputMap(path), {
    code: 'ERR_UNSUPPORTED',
    message: /1\.22.*1\.21/,
  });
  await assert.rejects(daemon.addToStore({ name: 'x', method: 'nar' }, new Uint8Array(0)), {
    code: 'ERR_UNSUPPORTED',
  });
});

test('no daemon: unavailable, with what the system or the program says', async (t) => {
  const dir = await tempDir(t);
  for (const [transport, message] of [
    [nixDaemonSocket(`${dir}/socket`), /ENOENT/],
    [nixDaemonCommand([`${dir}/no-such-program`]), /ENOENT/],
    [nixDaemonCommand(['sh', '-c', 'echo "not allowed" >&2; exit 3']), /exited with status 3: not allowed/],
    [nixDaemonCommand(['sh', '-c', 'exit 0']), /closed the connection|exited with status 0/],
  ] as const) {
    await using daemon = new NixDaemon({ transport });
    await assert.rejects(daemon.isValidPath(path), { ...UNAVAILABLE, operation: 'connect', message });
  }
  await using failing = new NixDaemon({
    transport: () => {
      throw new Error('no way');
    },
  });
  await assert.rejects(failing.isValidPath(path), /no way/);
});

test('a command that hears nothing of the end is killed', { timeout: 10_000 }, async () => {
  const script = 'trap "" TERM; echo ready; while :; do sleep 0.1; done';
  const stream = await nixDaemonCommand(['sh', '-c', script])();
  await once(stream, 'data');
  stream.destroy();
  await once(stream, 'close');
});

test('wrong options and arguments', async () => {
  assert.throws(() => new NixDaemon({ timeout: 1 } as object), TypeError);
  for (const options of [{ connections: 0 }, { timeoutMs: 0 }, { protocolMinor: 39 }, { verbosity: 8 }]) {
    assert.throws(() => new NixDaemon(options), RangeError);
  }
  await using daemon = new NixDaemon({ transport: () => duplexPair()[0] });
  await assert.rejects(daemon.isValidPath(path, { sgnal: 1 } as object), TypeError);
  await assert.rejects(daemon.queryPathFromHashPart('x'), TypeError);
});
