// Secrets that give themselves away by how they start. One line per form: kind, what it starts with, what follows. What
// follows is one run of characters after the other, none of which can take what belongs to the next, and bounded: each
// place of a text costs a bounded time, so a text costs a linear one.

export interface SecretForm {
  readonly kind: string;
  /** Exact; searched first, in one pass for all forms. */
  readonly prefix: string;
  /** Tried where the prefix stands, prefix included. */
  readonly pattern: RegExp;
}

/** Kind, prefixes with | between them, what follows. */
const FORMS: readonly (readonly [kind: string, prefixes: string, rest: string])[] = [
  ["aws_access_key_id", "AKIA|ASIA|ABIA|ACCA", "[A-Z0-9]{16}(?![A-Za-z0-9])"],
  ["aws_bedrock_key", "ABSK", "[A-Za-z0-9+/]{100,260}={0,2}"],
  ["github_token", "ghp_|gho_|ghu_|ghs_|ghr_", "[A-Za-z0-9]{30,255}"],
  ["github_token", "github_pat_", "\\w{40,255}"],
  [
    "gitlab_token",
    "glpat-|glrt-|gldt-|glft-|glimt-|glptt-|glsoat-|glagent-|gloas-|glffct-",
    "[\\w-]{20,128}",
  ],
  ["gitlab_token", "glcbt-", "[0-9A-Za-z]{1,5}_[\\w-]{20}"],
  ["gitlab_token", "GR1348941", "[\\w-]{20}"],
  ["slack_token", "xoxb-|xoxp-|xoxa-|xoxe-|xoxr-|xoxs-|xoxo-|xoxd-|xoxe.xoxb-|xoxe.xoxp-", "[\\w-]{20,255}"],
  ["slack_token", "xapp-", "\\d-[A-Za-z0-9]{5,20}-\\d{5,20}-[A-Za-z0-9]{20,128}"],
  ["slack_webhook", "hooks.slack.com/", "(?:services|workflows|triggers)/[\\w/+-]{20,128}"],
  ["discord_webhook", "discord.com/api/webhooks/|discordapp.com/api/webhooks/", "\\d{15,20}/[\\w-]{50,80}"],
  [
    "teams_webhook",
    "webhook.office.com/webhookb2/",
    "[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36}",
  ],
  ["stripe_key", "sk_live_|sk_test_|sk_prod_|rk_live_|rk_test_|rk_prod_", "[A-Za-z0-9]{10,255}"],
  ["stripe_webhook_secret", "whsec_", "[A-Za-z0-9+/=]{20,128}"],
  ["api_key", "sk_fake_|sk_dev_|sk_sandbox_|sk_staging_|rk_fake_", "[A-Za-z0-9]{6,255}"],
  ["api_key", "sk_live_|sk_test_|sk_prod_", "[A-Za-z0-9_]{6,255}"],
  ["api_key", "sk_", "(?=[A-Za-z]{0,60}\\d)[A-Za-z0-9]{24,128}"],
  ["sendgrid_key", "SG.", "[\\w-]{16,64}\\.[\\w-]{30,128}"],
  ["mailgun_key", "key-|pubkey-", "[0-9a-f]{32}(?![0-9A-Za-z])"],
  ["mailchimp_key", "mailchimp", "(?:[\\w ]{0,20}[=: \"']{1,5})[0-9a-f]{32}-us\\d{1,2}"],
  ["anthropic_key", "sk-ant-", "[a-z]{3,12}\\d{0,2}-[\\w-]{20,255}"],
  ["openrouter_key", "sk-or-v1-", "[0-9a-f]{40,80}"],
  ["langfuse_key", "sk-lf-|pk-lf-", "[0-9a-f-]{32,40}"],
  ["langsmith_key", "lsv2_pt_|lsv2_sk_", "[0-9a-f]{32}_[0-9a-f]{10}"],
  ["openai_key", "sk-proj-|sk-svcacct-|sk-admin-|sk-None-", "[\\w-]{20,255}"],
  ["openai_key", "sk-", "[A-Za-z0-9]{16,24}T3BlbkFJ[A-Za-z0-9]{16,64}"],
  ["api_key", "sk-", "(?=[A-Za-z]{0,60}\\d)[A-Za-z0-9]{24,128}(?![A-Za-z0-9])"],
  ["huggingface_token", "hf_", "[A-Za-z0-9]{30,64}(?![A-Za-z0-9_])"],
  ["huggingface_token", "api_org_", "[A-Za-z0-9]{30,64}"],
  ["perplexity_key", "pplx-", "[A-Za-z0-9]{40,64}"],
  ["voyage_key", "pa-", "(?=[\\w-]{0,42}\\d)(?=[\\w-]{0,42}[A-Z])[\\w-]{43}(?![\\w-])"],
  ["xai_key", "xai-", "[A-Za-z0-9]{60,128}"],
  ["groq_key", "gsk_", "[A-Za-z0-9]{40,64}"],
  ["replicate_token", "r8_", "[A-Za-z0-9]{36,40}"],
  ["nvidia_key", "nvapi-", "[\\w-]{40,80}"],
  ["together_key", "tgp_v1_", "[\\w-]{40,64}"],
  ["pinecone_key", "pcsk_", "\\w{40,90}"],
  ["google_api_key", "AIza", "[\\w-]{35}(?![\\w-])"],
  ["google_oauth_secret", "GOCSPX-", "[\\w-]{24,40}"],
  ["google_oauth_token", "ya29.", "[\\w-]{20,255}"],
  ["azure_storage_key", "AccountKey=|accountkey=", "[A-Za-z0-9+/]{80,90}={0,2}"],
  ["azure_shared_access_key", "SharedAccessKey=", "[A-Za-z0-9+/]{40,90}={0,2}"],
  [
    "azure_sas_token",
    "sig=",
    "(?=[A-Za-z0-9%]{40})[A-Za-z0-9]{0,43}(?:%2[BbFf][A-Za-z0-9]{0,43}){0,20}%3[Dd]",
  ],
  ["npm_token", "npm_", "[A-Za-z0-9]{36}(?![A-Za-z0-9])"],
  ["npm_token", "_authToken=", "[A-Za-z0-9-]{20,64}"],
  ["pypi_token", "pypi-AgEIcHlwaS5vcmc|pypi-AgENdGVzdC5weXBpLm9yZw", "[\\w-]{30,255}"],
  ["rubygems_token", "rubygems_", "[0-9a-f]{40,64}"],
  ["nuget_key", "oy2", "[a-z0-9]{43}(?![a-z0-9])"],
  ["crates_token", "cio", "[A-Za-z0-9]{32}(?![A-Za-z0-9])"],
  ["clojars_token", "CLOJARS_", "[a-z0-9]{60}"],
  ["digitalocean_token", "dop_v1_|doo_v1_|dor_v1_", "[0-9a-f]{60,70}"],
  ["netlify_token", "nfp_|nfc_", "[A-Za-z0-9]{36,44}(?![A-Za-z0-9])"],
  ["tailscale_key", "tskey-auth-|tskey-api-|tskey-client-|tskey-scim-|tskey-webhook-", "[A-Za-z0-9-]{16,96}"],
  ["launchdarkly_key", "sdk-|mob-", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\\w-])"],
  ["vault_token", "hvs.|hvb.|hvr.", "[\\w-]{24,255}"],
  ["vault_token", "VAULT_TOKEN=", "s\\.[A-Za-z0-9]{24}"],
  ["pulumi_token", "pul-", "[0-9a-f]{40}"],
  ["grafana_token", "glsa_", "[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"],
  ["grafana_token", "glc_", "[A-Za-z0-9+/]{32,255}={0,2}"],
  ["grafana_token", "eyJrIjoi", "[A-Za-z0-9]{60,255}={0,2}"],
  ["docker_token", "dckr_pat_|dckr_oat_", "[\\w-]{24,64}"],
  ["openshift_token", "sha256~", "[\\w-]{43}(?![\\w-])"],
  ["age_secret_key", "AGE-SECRET-KEY-1", "[0-9A-Z]{50,60}"],
  ["onepassword_token", "ops_eyJ", "[A-Za-z0-9+/_-]{100,1500}={0,3}"],
  ["newrelic_key", "NRAK-", "[A-Z0-9]{20,40}"],
  ["newrelic_key", "NRII-|NRJS-|NRIQ-", "[\\w-]{18,40}"],
  ["heroku_key", "HRKU-", "[\\w-]{36,70}"],
  ["shopify_token", "shpat_|shpss_|shpca_|shppa_", "[0-9A-Fa-f]{32}"],
  ["square_token", "sq0atp-|sq0csp-|sq0idp-", "[\\w-]{22,60}"],
  ["square_token", "EAAA", "[\\w-]{56,64}(?![\\w-])"],
  ["facebook_token", "EAAM|EAAC", "[A-Za-z0-9]{90,255}"],
  ["linear_key", "lin_api_", "[A-Za-z0-9]{32,48}"],
  ["notion_token", "ntn_", "[A-Za-z0-9]{40,60}"],
  ["notion_token", "secret_", "[A-Za-z0-9]{43}(?![A-Za-z0-9])"],
  ["postman_key", "PMAK-", "[0-9A-Fa-f]{24}-[0-9A-Fa-f]{34}"],
  ["sentry_token", "sntrys_", "eyJ[A-Za-z0-9+/=_-]{60,255}"],
  ["sentry_token", "sntryu_", "[0-9a-f]{64}"],
  ["doppler_token", "dp.pt.|dp.ct.|dp.sa.|dp.scim.|dp.audit.", "[A-Za-z0-9]{40,44}"],
  ["doppler_token", "dp.st.", "(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}"],
  ["fly_token", "fo1_|fm1a_|fm1r_|fm2_", "[\\w+/=-]{40,500}"],
  ["duffel_token", "duffel_test_|duffel_live_", "[\\w=-]{40,44}"],
  ["dynatrace_token", "dt0c01.", "[A-Za-z0-9]{24}\\.[A-Za-z0-9]{64}"],
  ["easypost_key", "EZAK|EZTK", "[A-Za-z0-9]{54}"],
  ["flutterwave_key", "FLWSECK_TEST-|FLWSECK-", "[0-9a-zA-Z]{12,64}"],
  ["alibaba_access_key_id", "LTAI", "[A-Za-z0-9]{16,24}(?![A-Za-z0-9])"],
  ["tencent_secret_id", "AKID", "[A-Za-z0-9]{32}(?![A-Za-z0-9])"],
  ["atlassian_token", "ATATT3|ATCTT3|ATBB", "[\\w=-]{32,255}"],
  ["cloudflare_key", "v1.0-", "[0-9a-f]{24}-[0-9a-f]{146}"],
  ["databricks_token", "dapi", "[0-9a-f]{32}(?:-\\d)?(?![0-9A-Za-z])"],
  ["figma_token", "figd_", "[\\w-]{36,48}"],
  ["planetscale_token", "pscale_tkn_|pscale_pw_|pscale_oauth_", "[\\w=.-]{32,64}"],
  ["prefect_token", "pnu_", "[A-Za-z0-9]{36}"],
  ["readme_key", "rdme_", "[a-z0-9]{70}"],
  ["brevo_key", "xkeysib-|xsmtpsib-", "[0-9a-f]{64}-[A-Za-z0-9]{16}"],
  ["shippo_token", "shippo_live_|shippo_test_", "[0-9A-Fa-f]{40}"],
  ["typeform_token", "tfp_", "[\\w.=-]{40,64}"],
  ["artifactory_token", "AKCp", "[A-Za-z0-9]{60,72}"],
  ["artifactory_token", "cmVmd", "[A-Za-z0-9]{59}(?![A-Za-z0-9])"],
  ["airtable_token", "pat", "[A-Za-z0-9]{14}\\.[0-9a-f]{64}"],
  ["octopus_key", "API-", "[A-Z0-9]{26}(?![A-Za-z0-9])"],
  ["sourcegraph_token", "sgp_", "(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}"],
  ["supabase_key", "sbp_|sb_secret_", "[\\w-]{30,64}"],
  ["yandex_key", "AQVN|YCAJE", "[\\w-]{20,40}"],
  ["buildkite_token", "bkua_", "[0-9a-z]{40}"],
  ["circleci_token", "CCIPAT_|CCIPRJ_", "[\\w-]{30,90}"],
  ["adafruit_key", "aio_", "[A-Za-z0-9]{28}(?![A-Za-z0-9])"],
  ["contentful_token", "CFPAT-", "[\\w-]{40,48}"],
  ["mapbox_token", "sk.eyJ", "[\\w-]{40,255}\\.[\\w-]{20,64}"],
  ["dropbox_token", "sl.", "[\\w-]{120,255}"],
  ["twilio_key", "SK", "[0-9a-f]{32}(?![0-9A-Za-z])"],
  ["infracost_key", "ico-", "[A-Za-z0-9]{32}(?![A-Za-z0-9])"],
  ["scalingo_token", "tk-us-", "[\\w-]{48}"],
  ["frameio_token", "fio-u-", "[\\w=-]{64}"],
  ["harness_token", "pat.|sat.", "[\\w-]{22}\\.[0-9a-f]{24}\\.[A-Za-z0-9]{20}"],
  ["rapidapi_key", "rapidapi", "[\\w \"'=:-]{1,20}[0-9a-z]{10}msh[0-9a-z]{15}p1[0-9a-z]{6}jsn[0-9a-z]{12}"],
  ["jwt", "eyJ", "[\\w-]{10,4000}\\.eyJ[\\w-]{8,8000}\\.[\\w-]{0,4000}"],
  ["jwt", "eyJ", "[\\w-]{10,4000}\\.[\\w-]{0,2000}\\.[\\w-]{8,200}\\.[\\w-]{8,8000}\\.[\\w-]{10,200}"],
];

export const SECRET_FORMS: readonly SecretForm[] = FORMS.flatMap(([kind, prefixes, rest]) =>
  prefixes.split("|").map((prefix) => ({
    kind,
    prefix,
    pattern: new RegExp(prefix.replace(/[.~]/g, "\\$&") + rest, "y"),
  })),
);

/** Words of a name that say whose secret it is: `heroku_api_key` is a `heroku_key`. */
export const PROVIDERS: ReadonlySet<string> = new Set(
  (
    "adobe airtable algolia asana atlassian auth0 azure beamer bitbucket bittrex codecov cohere coinbase confluent " +
    "contentful datadog deepseek discord droneci dropbox elastic elevenlabs etsy fal fastly finicity finnhub flickr freemius " +
    "freshbooks gitter gocardless hubspot heroku intercom jfrog jira kraken kucoin launchdarkly linkedin lob looker " +
    "mailchimp mailgun mapbox mattermost messagebird mistral netlify nytimes okta opsgenie pagerduty plaid pubnub " +
    "pusher rapidapi segment sendbird sendgrid sidekiq snowflake snyk sonar squarespace stytch sumologic travis trello " +
    "twilio twitch twitter vercel yandex zendesk zoho zoom"
  ).split(" "),
);
