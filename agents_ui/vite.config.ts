import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// The dev server speaks to a running centre (`make run`); ONEKEY_DEV_TARGET points it at another one.
const target = process.env.ONEKEY_DEV_TARGET ?? 'http://127.0.0.1:8000';

export default defineConfig({
  base: '/',
  plugins: [react()],
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': { target },
      '/ws': { target, ws: true },
    },
  },
  build: {
    target: 'es2022',
    chunkSizeWarningLimit: 1300,
    // Libraries change seldom: browsers keep them over our releases.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'libraries', test: /node_modules/ }] } } },
    // No data: URLs for scripts or fonts, so that a strict content security policy holds.
    assetsInlineLimit: 0,
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
    restoreMocks: true,
  },
});
