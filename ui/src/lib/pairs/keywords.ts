import type { KeywordView } from '../ipc/generated/KeywordView';

/** A line of the list as it is typed. */
export interface KeywordLine {
  word: string;
  /** Separated by commas. */
  replacements: string;
}

/** The list as lines to edit. */
export function linesOf(keywords: readonly KeywordView[]): KeywordLine[] {
  return keywords.map(({ word, replacements }) => ({ word, replacements: replacements.join(', ') }));
}

/** The lines as a list. */
export function keywordsOf(lines: readonly KeywordLine[]): KeywordView[] {
  return lines.map(({ word, replacements }) => ({ word: word.trim(), replacements: listed(replacements) }));
}

/** What is wrong with each line, in a sentence; null where nothing is. */
export function lineProblems(lines: readonly KeywordLine[]): (string | null)[] {
  const words = lines.map(({ word }) => folded(word));
  const known = new Set(words.filter((word) => word !== ''));
  return lines.map((line, i) => {
    const word = words[i] ?? '';
    if (word === '') return 'The word is missing.';
    if (words.indexOf(word) !== i) return `“${line.word.trim()}” is in the list twice.`;
    const replacements = listed(line.replacements);
    if (replacements.length === 0) return 'Say what stands in its place: one or more words, separated by commas.';
    for (const replacement of replacements) {
      const inside = [...known].find((keyword) => holds(folded(replacement), keyword));
      if (inside !== undefined) return `“${replacement}” holds the keyword “${inside}”, which is to be replaced itself.`;
    }
    return null;
  });
}

/** Whether two lists say the same. */
export function sameList(a: readonly KeywordView[], b: readonly KeywordView[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function listed(text: string): string[] {
  return text.split(',').map((part) => part.trim()).filter((part) => part !== '');
}

function folded(text: string): string {
  return text.trim().toLowerCase();
}

/** Whether a text holds a word as a whole word. */
function holds(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' ';
    const after = text[at + word.length] ?? ' ';
    if (!letter.test(before) && !letter.test(after)) return true;
  }
  return false;
}

const letter = /[\p{L}\p{N}']/u;
