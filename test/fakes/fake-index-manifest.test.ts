import { describeIndexManifestContract } from '../contract/index-manifest.js';
import { createFakeIndexManifestStore } from './fake-index-manifest.js';

describeIndexManifestContract('the fake', async () => {
  const store = createFakeIndexManifestStore();
  return [store, store];
});
