/** What stands in the snippets where a key belongs. */
export const PLACEHOLDER = 'lo_...';

/**
 * How programs connect to a server: to be copied, and the same in every language.
 * @param {string} origin
 * @returns {{name: 'curl' | 'openai' | 'mcp' | 'mcp_stdio', text: string}[]}
 */
export function keySnippets(origin) {
  const http = { type: 'http', url: `${origin}/mcp`, headers: { Authorization: `Bearer ${PLACEHOLDER}` } };
  const program = { command: 'likeopt', args: ['mcp', '--url', origin], env: { LIKEOPT_API_KEY: PLACEHOLDER } };
  return [
    { name: 'curl', text: `curl -H "Authorization: Bearer ${PLACEHOLDER}" "${origin}/api/v1/search?q=notice+period"` },
    { name: 'openai', text: openai(origin) },
    { name: 'mcp', text: servers(http) },
    { name: 'mcp_stdio', text: servers(program) },
  ];
}

/** @param {string} origin */
function openai(origin) {
  return [
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url="${origin}/v1", api_key="${PLACEHOLDER}")`,
    'answer = client.chat.completions.create(',
    '    model="like-opt",',
    '    messages=[{"role": "user", "content": "How long is the notice period?"}],',
    ')',
    'print(answer.choices[0].message.content)',
    'print(answer.choices[0].message.citations)',
  ].join('\n');
}

/** @param {object} server */
function servers(server) {
  return JSON.stringify({ mcpServers: { 'like-opt': server } }, null, 2);
}
