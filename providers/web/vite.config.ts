import { defineConfig } from 'vitest/config';

// The dev server speaks to a running centre (`make run`); ONEKEY_DEV_TARGET points it at another one.
const target = process.env.ONEKEY_DEV_TARGET ?? 'http://127.0.0.1:8001';

export default defineConfig({
  base: '/',
  server: { host: '127.0.0.1', port: 5174, proxy: { '/api': { target } } },
  build: {
    target: 'es2020', // Chrome 80: what a cheap telephone of some years ago has
    // No data: URLs for scripts, so that a strict content security policy holds.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
    restoreMocks: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
