import { describe, expect, it } from 'vitest';
import { pack, readPairIndex, readProjection, unpack } from './packet';

/** A packet written out byte by byte, apart from the code under test. */
function byHand(json: string, body: number[]): ArrayBuffer {
  const text = [...new TextEncoder().encode(json)];
  while ((8 + text.length) % 4 !== 0) text.push(0x20);
  const n = text.length;
  return new Uint8Array([0x4c, 0x4e, 0x53, 0x31, n & 255, (n >> 8) & 255, 0, 0, ...text, ...body]).buffer;
}

const header = {
  modelId: 'm',
  layer: 3,
  method: 'pca',
  rows: 2,
  dims: 2,
  explainedVarianceRatio: [0.5, 0.25],
  provenance: 'Zürich – é',
};

describe('packets', () => {
  it('reads a projection written byte by byte', () => {
    // 1.0, -2.0, 0.5, 0.0 in little-endian f32
    const body = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0, 0];
    const projection = readProjection(byHand(JSON.stringify(header), body));
    expect([...projection.coords]).toEqual([1, -2, 0.5, 0]);
    expect(projection.header.provenance).toBe('Zürich – é');
  });

  it('reads tokens written byte by byte: coordinates, texts, words, positions, scores', () => {
    const u32 = (...values: number[]) => values.flatMap((value) => [value & 255, value >> 8, 0, 0]);
    const body = [...[0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0, 0], ...u32(0, 3), ...u32(1, 0), ...u32(7, 300), 0, 0, 0x80, 0xbf, 0, 0, 0, 0x40];
    const { tokens } = readProjection(byHand(JSON.stringify({ ...header, level: 'tokens', words: ['a', 'b'] }), body));
    expect([...(tokens?.text ?? [])]).toEqual([0, 3]);
    expect([...(tokens?.word ?? [])]).toEqual([1, 0]);
    expect([...(tokens?.position ?? [])]).toEqual([7, 300]);
    expect([...(tokens?.score ?? [])]).toEqual([-1, 2]);
    expect(() => readProjection(byHand(JSON.stringify({ ...header, level: 'tokens' }), body.slice(4)))).toThrow();
  });

  it('reads a pair index, also with an odd number of pairs', () => {
    const json = JSON.stringify({ pairs: 3, scenarios: [], sources: [] });
    const index = readPairIndex(byHand(json, [0, 0, 1, 0, 2, 1, 0, 0, 0, 0, 5, 0, 1, 0, 0, 0, 1, 0]));
    expect([...index.scenario]).toEqual([0, 1, 258]);
    expect([...index.source]).toEqual([0, 0, 5]);
    expect([...index.split]).toEqual([1, 0, 1]);
  });

  it('gives back what it packs, for every header length', () => {
    for (let n = 0; n < 9; n += 1) {
      const value = { name: 'x'.repeat(n) };
      const packet = pack(value, new Uint8Array([1, 2, 3, 4]).buffer);
      const { header: back, body } = unpack<typeof value>(packet);
      expect(back).toEqual(value);
      expect([...new Uint8Array(body)]).toEqual([1, 2, 3, 4]);
      expect((packet.byteLength - 4) % 4).toBe(0);
    }
  });

  it('refuses what is damaged', () => {
    expect(() => unpack(new ArrayBuffer(3))).toThrow();
    expect(() => unpack(new Uint8Array(16).buffer)).toThrow();
    const tooLong = byHand('{}', []);
    new DataView(tooLong).setUint32(4, 4000, true);
    expect(() => unpack(tooLong)).toThrow();
    expect(() => readProjection(byHand(JSON.stringify(header), [0, 0, 0, 0]))).toThrow();
  });
});
