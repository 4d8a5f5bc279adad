import { createEmbedder } from '../../../src/infra/providers/embedder-registry.js';
import { describeEmbedderContract } from '../../contract/embedder.js';

describeEmbedderContract('the built-in embedder', async () => ({
  embedder: await createEmbedder({ model: 'builtin', baseUrl: null, dimension: null }, { openaiApiKey: null }),
  close: async () => {},
}));
