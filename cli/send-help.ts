export const sendHelp = `Usage: npx headrace send FILE [FLAGS]

Sends a file of events, one JSON object a line; gzip and zstd are recognised; - is stdin. Then waits until it is known what
became of every event. Exit code 0: all were accepted and have settled; 1: something failed or is still pending.

  --batch N            events in a request                                  (100)
  --concurrency N      requests at the same time                            (8)
  --compression C      gzip, zstd or none                                   (gzip)
  --max-wait SECONDS   how long a request is tried again, and how long to
                       wait for receipts when none of them moves            (120)
  --no-wait            do not wait for what becomes of the events

Lines are events already, unless fields are mapped; what is not mapped, or is not a text, goes into \`properties\`:

  --org-field F        one org for each value of F, made in the local Headrace
  --type-field F       event_type
  --time-field F       timestamp
  --user-field F       user_id
  --id-field F         event_id; without it FILE NAME:LINE NUMBER:HASH OF THE LINE,
                       so that sending a file again is sending the same events

  --url URL            a Headrace elsewhere (or HEADRACE_URL)
  --key KEY            its API key (or HEADRACE_API_KEY)                    (the local org demo)
  --state DIR          state folder of the local Headrace                   (.headrace)
  --json               one line of JSON on stdout: complete, total, orgs, failures
`;
