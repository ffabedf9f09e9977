/** How a direction is found, with what each does, in a line. */
export const methods: { value: string; label: string; meaning: string }[] = [
  { value: 'mean-difference', label: 'Mean difference', meaning: 'from the mean of the negative texts to the mean of the positive ones' },
  { value: 'whitened', label: 'Whitened', meaning: 'the mean difference, divided by the spread within the sides (LDA with Ledoit-Wolf shrinkage)' },
  { value: 'logistic', label: 'Logistic', meaning: 'logistic regression with an L2 penalty, its strength by cross-validation on train' },
  { value: 'pca-of-differences', label: 'PCA of differences', meaning: 'the first principal component of positive minus negative, pair by pair' },
];

/** Name of a method for readers. */
export function methodName(value: string): string {
  return methods.find((method) => method.value === value)?.label ?? value;
}
