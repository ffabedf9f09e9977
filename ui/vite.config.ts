import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte({ configFile: false }), svelteTesting()],
  clearScreen: false,
  // The desktop shell expects this port (devUrl) and fails loudly when it is taken.
  server: { port: 5173, strictPort: true },
  build: {
    target: ['es2022', 'safari16'],
    sourcemap: false,
    outDir: 'dist',
    emptyOutDir: true,
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
  },
});
