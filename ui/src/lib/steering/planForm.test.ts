import { describe, expect, it } from 'vitest';
import { firstPlan, scenarioSets } from '../backend/mock-scenarios';
import { checked, draftOf, layerList, parseCoefficients, parseLayers, parseNumber, planSentence, responses, same, withScenario } from './planForm';

const take = (change: Partial<ReturnType<typeof draftOf>>) => checked({ ...draftOf(firstPlan), ...change }, firstPlan, scenarioSets, 8);

describe('the plan of steering', () => {
  it('takes coefficients in any order, with either minus sign, each once', () => {
    expect(parseCoefficients('4, −2 0;-4 2 4')).toEqual([-4, -2, 0, 2, 4]);
    expect(parseCoefficients('-0, 1e-1')).toEqual([0, 0.1]);
    expect(Object.is((parseCoefficients('-0, 1') as number[])[0], 0)).toBe(true);
  });

  it('refuses coefficients without 0, with 0 alone, and what is no number', () => {
    expect(parseCoefficients('-2, 2')).toContain('Coefficient 0 has to be among them');
    expect(parseCoefficients('')).toContain('Coefficient 0');
    expect(parseCoefficients('0')).toContain('other than 0');
    expect(parseCoefficients('0, two')).toContain('“two” is not a number');
    expect(parseCoefficients('0, Infinity')).toContain('not a number');
  });

  it('stays the same plan when nothing is typed', () => {
    const { plan, problems } = take({});
    expect(problems).toEqual({});
    expect(plan && same(plan, firstPlan)).toBe(true);
    expect(same({ ...firstPlan, samples: 13 }, firstPlan)).toBe(false);
  });

  it('keeps the direction, which is not typed', () => {
    const direction = { path: '/d.npy', convention: 'block', layer: 5 };
    expect(checked(draftOf(firstPlan), { ...firstPlan, direction }, scenarioSets, 8).plan?.direction).toEqual(direction);
  });

  it('says field by field what cannot be taken', () => {
    const { plan, problems } = take({
      coefficients: '1', layerChoice: 'one', layer: '9', samples: '0', randomDirections: '4', temperature: '-1', topP: '0', topK: '1.5', repetitionPenalty: '0', maxTokens: 'many',
    });
    expect(plan).toBeNull();
    expect(Object.keys(problems).sort()).toEqual(['coefficients', 'layer', 'maxTokens', 'randomDirections', 'repetitionPenalty', 'samples', 'temperature', 'topK', 'topP']);
    expect(problems.layer).toContain('from 0 to 8');
  });

  it('takes no random directions, or five, and the bounds of the others', () => {
    expect(take({ randomDirections: '0' }).plan?.randomDirections).toBe(0);
    expect(take({ randomDirections: '5' }).plan?.randomDirections).toBe(5);
    expect(take({ layerChoice: 'one', layer: ' 8 ', topP: '1', temperature: '0' }).plan).toMatchObject({ layer: 8, layers: [], topP: 1, temperature: 0 });
    expect(take({ layerChoice: 'chosen', layer: '8' }).plan?.layer).toBeNull();
    expect(take({ layerChoice: 'one', layer: '' }).problems.layer).toContain('from 0 to 8');
  });

  it('takes several layers as numbers and ranges', () => {
    expect(parseLayers('2-5, 8', 8)).toEqual([2, 3, 4, 5, 8]);
    expect(parseLayers(' 8; 2 – 3,2 ', 8)).toEqual([2, 3, 8]);
    for (const [text, said] of [['2-9', 'no layer 9'], ['5-2', 'ends before it begins'], ['two', '“two” is neither'], ['3', 'two layers at least'], ['', 'two layers at least'], ['-1, 2', '“-1” is neither'], ['1.5, 2', '“1.5” is neither'], ['0-99999999999', 'There are layers 0 to 8']] as const) {
      expect(parseLayers(text, 8)).toContain(said);
      expect(take({ layerChoice: 'several', layers: text }).problems.layers).toContain(said);
    }
    const { plan } = take({ layerChoice: 'several', layers: '2-4, 7', layer: '3' });
    expect(plan).toMatchObject({ layer: null, layers: [2, 3, 4, 7] });
    expect(draftOf(plan!)).toMatchObject({ layerChoice: 'several', layers: '2–4, 7', layer: '' });
    expect(planSentence(plan!, scenarioSets)).toContain('; at the layers 2–4, 7 at once, 12 samples each');
    expect([layerList([4]), layerList([0, 1, 3, 4, 5]), layerList([])]).toEqual(['4', '0, 1, 3–5', '']);
  });

  it('ticks scenarios, writes all as none in particular, and refuses none', () => {
    const all = ['a', 'b', 'c'];
    expect(withScenario(all, [], 'b', false)).toEqual(['a', 'c']);
    expect(withScenario(all, ['c'], 'a', true)).toEqual(['a', 'c']);
    expect(withScenario(all, ['a', 'c'], 'b', true)).toEqual([]);
    const none = withScenario(all, ['a'], 'a', false);
    expect(take({ scenarios: none }).problems.scenarios).toContain('one scenario');
    expect(take({ scenarios: ['the-maze'] }).plan?.scenarios).toEqual(['the-maze']);
    expect(take({ scenarios: scenarioSets[0]!.scenarios.map(({ id }) => id) }).plan?.scenarios).toEqual([]);
  });

  it('counts the responses by hand', () => {
    // Five scenarios, twelve samples: five coefficients, projected out, five random directions at four coefficients.
    expect(responses(firstPlan, scenarioSets)).toBe(5 * 12 * (5 + 1 + 5 * 4));
    expect(responses({ ...firstPlan, scenarios: ['the-maze'], projectOut: false, randomDirections: 0, samples: 3 }, scenarioSets)).toBe(15);
    expect(responses({ ...firstPlan, scenarioSet: 'gone' }, scenarioSets)).toBe(0);
  });

  it('reads as a sentence', () => {
    expect(planSentence(firstPlan, scenarioSets)).toBe(
      '5 scenarios of Agent, the probe’s direction added at −4, −2, 0, 2, 4 (relative); at the chosen layer, 12 samples each; the direction projected out; 5 random directions',
    );
    const other = { ...firstPlan, direction: { path: '/a/b c.npy', convention: null, layer: null }, mode: 'clamp' as const, layer: 3, projectOut: false, randomDirections: 0, samples: 1, scenarios: ['the-maze'] };
    expect(planSentence(other, scenarioSets)).toBe('1 scenario of Agent, the direction of b c.npy clamped to −4, −2, 0, 2, 4 (relative); at layer 3, 1 sample each');
  });

  it('reads numbers with either minus sign', () => {
    expect([parseNumber('−1.5'), parseNumber('-2'), parseNumber(''), parseNumber('1,5'), parseNumber('x')]).toEqual([-1.5, -2, null, null, null]);
  });
});
