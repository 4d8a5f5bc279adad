/** The formats that can be read, as the upload knows them; the ingest program has one parser for each. */

/** The media types that the ingest program can read, each with the name a user knows. */
export const SUPPORTED_MEDIA_TYPES = {
  'application/pdf': 'PDF',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'Word (.docx)',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'PowerPoint (.pptx)',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'Excel (.xlsx)',
  'application/vnd.oasis.opendocument.text': 'OpenDocument text (.odt)',
  'application/vnd.oasis.opendocument.spreadsheet': 'OpenDocument spreadsheet (.ods)',
  'application/vnd.oasis.opendocument.presentation': 'OpenDocument presentation (.odp)',
  'application/rtf': 'RTF',
  'application/epub+zip': 'EPUB',
  'message/rfc822': 'e-mail (.eml)',
  'application/json': 'JSON',
  'application/xml': 'XML',
  'text/html': 'HTML',
  'text/markdown': 'Markdown',
  'text/csv': 'CSV',
  'text/tab-separated-values': 'TSV',
  'text/plain': 'plain text',
} as const;

/** A media type of {@link SUPPORTED_MEDIA_TYPES}. */
export type SupportedMediaType = keyof typeof SUPPORTED_MEDIA_TYPES;

/** What a look at the bytes found: a type we read, or the kind of thing it is, as a phrase with its article. */
export type Sniffed = { mediaType: SupportedMediaType } | { unsupported: string };
