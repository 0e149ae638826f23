import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { Pump } from '../../../src/node/codec/pump.ts';

/** Gives 64 KiB for each read, without end, and counts them. */
class Spring extends Duplex {
  reads = 0;
  override _read(): void {
    this.reads++;
    this.push(Buffer.alloc(65_536));
  }
  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    setTimeout(done, 100);
  }
}

test('Pump: what is not taken is not produced', async () => {
  const spring = new Spring();
  const pump = new Pump(spring, spring);
  const output = pump.write(Uint8Array.of(1));
  for (let taken = 1; taken <= 5; taken++) {
    const { value } = await output.next();
    assert.equal(value?.length, 65_536);
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(spring.reads <= taken + 3, `${spring.reads} reads for ${taken} chunks`);
  }
  pump.destroy();
});

test('Pump: a write is over when it is taken in; an end when all is out', async () => {
  const echo = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      this.push(chunk);
      done();
    },
    final(done) {
      this.push('end');
      this.push(null);
      done();
    },
  });
  const pump = new Pump(echo, echo);
  const seen: Uint8Array[] = [];
  for await (const chunk of pump.write(Buffer.from('one'))) seen.push(chunk);
  for await (const chunk of pump.write(Buffer.from('two'))) seen.push(chunk);
  for await (const chunk of pump.end()) seen.push(chunk);
  assert.equal(Buffer.concat(seen).toString(), 'onetwoend');
  assert.equal(pump.ended, true);
});

test('Pump: an error comes out as it is, after what was before it', async () => {
  const boom = new Error('no');
  const failing = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      this.push(chunk);
      setImmediate(() => done(boom));
    },
  });
  const pump = new Pump(failing, failing);
  const seen: string[] = [];
  await assert.rejects(
    async () => {
      for await (const chunk of pump.write(Buffer.from('one'))) seen.push(Buffer.from(chunk).toString());
    },
    (err) => err === boom,
  );
  assert.deepEqual(seen, ['one']);
});
