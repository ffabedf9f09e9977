import type { PairIndexHeader } from './generated/PairIndexHeader';
import type { ProjectionHeader } from './generated/ProjectionHeader';
import type { ScoresHeader } from './generated/ScoresHeader';
import type { ScorePairHeader } from './generated/ScorePairHeader';
import type { SimilarityHeader } from './generated/SimilarityHeader';

/*
 * Arrays cross as raw bytes: "LNS1", the length of the header as u32, the header as JSON padded
 * with spaces so that what follows starts at a multiple of 4, then the numbers. Little-endian.
 */

const magic = 'LNS1';
const preamble = 8;

/** What tokens are: one entry per row. */
export interface Tokens {
  /** The text that it is of: 2 i the positive text of pair i, 2 i + 1 the negative. */
  text: Uint32Array;
  /** Index into `header.words`. */
  word: Uint32Array;
  /** Place in its text. */
  position: Uint32Array;
  /** Along the probe. */
  score: Float32Array;
}

/**
 * Positions of all texts, or tokens, at one layer. At the level of texts row 2 i is the positive text
 * of pair i and row 2 i + 1 the negative one.
 */
export interface Projection {
  header: ProjectionHeader;
  /** rows * dims, row-major. */
  coords: Float32Array;
  /** At the level of tokens. */
  tokens: Tokens | null;
}

/** What each pair is. */
export interface PairIndex {
  header: PairIndexHeader;
  /** Index into `header.scenarios`. */
  scenario: Uint16Array;
  /** Index into `header.sources`. */
  source: Uint16Array;
  /** 0 train, 1 test. */
  split: Uint16Array;
}

/** Scores z of two models: entry 2 i is the positive text of pair i, 2 i + 1 the negative. */
export interface ScorePair {
  header: ScorePairHeader;
  a: Float32Array;
  b: Float32Array;
}

/** Likeness of the layers of two models, row-major by the layers of a; NaN where it is not defined. */
export interface Similarity {
  header: SimilarityHeader;
  cka: Float32Array;
  rsa: Float32Array;
}

/** Scores of one model at one layer, and the ROC curve of the test pairs. */
export interface Scores {
  header: ScoresHeader;
  /** In units of the training spread, 0 the threshold: entry 2 i is the positive text of pair i. */
  z: Float32Array;
  falsePositiveRate: Float32Array;
  truePositiveRate: Float32Array;
}

/** Splits a packet into its header and its body. */
export function unpack<Header>(packet: ArrayBuffer): { header: Header; body: ArrayBuffer } {
  if (packet.byteLength < preamble) throw new Error('A packet ended before its header.');
  const bytes = new Uint8Array(packet);
  if (String.fromCharCode(...bytes.subarray(0, 4)) !== magic) throw new Error('A packet has an unknown form.');
  const length = new DataView(packet).getUint32(4, true);
  const bodyAt = preamble + length;
  if (bodyAt > packet.byteLength || bodyAt % 4 !== 0) throw new Error('A packet has a damaged header.');
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(preamble, bodyAt))) as Header;
  return { header, body: packet.slice(bodyAt) };
}

/** Makes a packet; the counterpart of {@link unpack}. */
export function pack(header: unknown, body: ArrayBufferLike): ArrayBuffer {
  const encoded = new TextEncoder().encode(JSON.stringify(header));
  const length = encoded.length + ((4 - ((preamble + encoded.length) % 4)) % 4);
  const bytes = new Uint8Array(preamble + length + body.byteLength).fill(0x20, preamble, preamble + length);
  for (let i = 0; i < 4; i += 1) bytes[i] = magic.charCodeAt(i);
  new DataView(bytes.buffer).setUint32(4, length, true);
  bytes.set(encoded, preamble);
  bytes.set(new Uint8Array(body), preamble + length);
  return bytes.buffer;
}

/** Reads a projection. */
export function readProjection(packet: ArrayBuffer): Projection {
  const { header, body } = unpack<ProjectionHeader>(packet);
  const { rows, dims } = header;
  const ofTokens = header.level === 'tokens';
  if (body.byteLength !== rows * (dims + (ofTokens ? 4 : 0)) * 4) throw new Error('A projection has the wrong length.');
  const at = (column: number): number => rows * (dims + column) * 4;
  const tokens = ofTokens
    ? {
        text: new Uint32Array(body, at(0), rows),
        word: new Uint32Array(body, at(1), rows),
        position: new Uint32Array(body, at(2), rows),
        score: new Float32Array(body, at(3), rows),
      }
    : null;
  return { header, coords: new Float32Array(body, 0, rows * dims), tokens };
}

/** Reads what each pair is. */
export function readPairIndex(packet: ArrayBuffer): PairIndex {
  const { header, body } = unpack<PairIndexHeader>(packet);
  const n = header.pairs;
  if (body.byteLength !== n * 3 * 2) throw new Error('A pair index has the wrong length.');
  return {
    header,
    scenario: new Uint16Array(body, 0, n),
    source: new Uint16Array(body, n * 2, n),
    split: new Uint16Array(body, n * 4, n),
  };
}

/** Reads the scores of two models. */
export function readScorePair(packet: ArrayBuffer): ScorePair {
  const { header, body } = unpack<ScorePairHeader>(packet);
  const texts = header.pairs * 2;
  if (body.byteLength !== texts * 2 * 4) throw new Error('The scores of two models have the wrong length.');
  return { header, a: new Float32Array(body, 0, texts), b: new Float32Array(body, texts * 4, texts) };
}

/** Reads the likeness of layers. */
export function readSimilarity(packet: ArrayBuffer): Similarity {
  const { header, body } = unpack<SimilarityHeader>(packet);
  const cells = header.layersA.length * header.layersB.length;
  if (body.byteLength !== cells * 2 * 4) throw new Error('A similarity has the wrong length.');
  return { header, cka: new Float32Array(body, 0, cells), rsa: new Float32Array(body, cells * 4, cells) };
}

/** Reads the scores of a model at a layer. */
export function readScores(packet: ArrayBuffer): Scores {
  const { header, body } = unpack<ScoresHeader>(packet);
  const texts = header.pairs * 2;
  if (body.byteLength !== (texts + header.rocPoints * 2) * 4) throw new Error('A packet of scores has the wrong length.');
  return {
    header,
    z: new Float32Array(body, 0, texts),
    falsePositiveRate: new Float32Array(body, texts * 4, header.rocPoints),
    truePositiveRate: new Float32Array(body, (texts + header.rocPoints) * 4, header.rocPoints),
  };
}
