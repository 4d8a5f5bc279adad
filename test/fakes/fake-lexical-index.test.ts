import { passageId } from '../../src/domain/ids.js';
import { describeLexicalIndexContract } from '../contract/lexical-index.js';
import { createFakeLexicalIndex } from './fake-lexical-index.js';

describeLexicalIndexContract('the fake', async () => {
  const index = createFakeLexicalIndex();
  return {
    index,
    rows: {
      async addVersion({ documentId, version, lengths }) {
        if (version === 1) index.setLive(documentId, null);
        return lengths.map((_, ordinal) => passageId(documentId, version, ordinal));
      },
      setLive: async (documentId, version) => index.setLive(documentId, version),
      tombstone: async (documentId) => index.setLive(documentId, null),
    },
  };
});
