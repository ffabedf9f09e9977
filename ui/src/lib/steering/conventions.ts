/** How tools count the layers of the directions that they write. */
export const conventions: { value: string; label: string; meaning: string }[] = [
  { value: '', label: 'As the format says', meaning: 'what the file states of its layers, or the usual way of its format' },
  { value: 'residual', label: 'Residual', meaning: 'layer l is the residual stream after l blocks, as here' },
  { value: 'block', label: 'Block', meaning: 'number k is the output of block k from 0, layer k + 1: repeng, EasySteer, TransformerLens, llama.cpp when it steers' },
  { value: 'generator', label: 'Generator', meaning: 'number k is the output of block k − 1, layer k: llama-cvector-generator' },
];
