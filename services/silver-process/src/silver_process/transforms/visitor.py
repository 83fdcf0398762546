"""What several tables derive alike, as SQL: who came, from where, and whether it was a machine."""

from silver_process.expressions import literal, one_of

# The names that crawlers, monitors and HTTP libraries give themselves; a browser has none of them. Headless browsers
# driven by scripts say so, too. Cubot makes phones. An empty or absent user agent is no proof: apps send none.
BOT = (
    r"(?<!cu)bot\b|crawl|spider|slurp|scrapy|headless|phantomjs|selenium|puppeteer|playwright|lighthouse|pingdom"
    r"|uptime|monitor|preview|facebookexternalhit|curl/|wget/|python-|aiohttp|httpx|okhttp|java/|go-http-client|libwww"
)
SEARCH = r"(?:^|\.)(?:google|bing|duckduckgo|yahoo|yandex|baidu|ecosia|qwant|startpage|naver|seznam|brave)\b"
SOCIAL = (
    r"(?:^|\.)(?:facebook|fb|instagram|twitter|t\.co$|x\.com$|linkedin|lnkd|pinterest|reddit|tiktok|youtube|youtu\.be$"
    r"|snapchat|threads|whatsapp|vk\.com$|tumblr|weibo)\b"
)
MAIL = r"(?:^|\.)(?:mail\.google|outlook\.live|mail\.yahoo|webmail|mail)\b"

_PAID = ("cpc", "ppc", "paid", "sem", "paidsearch", "paid_search", "paid-search")
_PAID_SOCIAL = ("paidsocial", "paid_social", "paid-social", "social_paid", "cpc_social")
_SOCIAL = ("social", "social-network", "social-media", "social_media", "sm", "organic_social")
_DISPLAY = ("display", "banner", "cpm", "interstitial", "expandable", "video", "programmatic")
_AFFILIATE = ("affiliate", "affiliates", "partner", "cpa")
_EMAIL = ("email", "e-mail", "e_mail", "newsletter", "mail")


def visitor_id() -> str:
    """The signed-in user, else the device; an empty text is nobody."""
    return "coalesce(nullif(user_id, ''), nullif(anonymous_id, ''))"


def is_bot() -> str:
    """Whether the user agent names itself as a machine (`BOT`); false without a user agent."""
    return f"coalesce(lower(user_agent) RLIKE {literal(BOT)}, false)"


def channel(own_url: str) -> str:
    """Where a visit came from: the first of utm parameters, referrer's domain, direct that says something.

    One of paid_search, organic_search, paid_social, organic_social, email, display, affiliate, referral, direct.

    Args:
        own_url: the column with the page's own address: when the referrer is of the same host, the visitor was here
            already, and the channel is NULL.
    """
    tagged = "coalesce(trim(utm_source), '') <> '' OR coalesce(trim(utm_medium), '') <> ''"
    return f"CASE WHEN {tagged} THEN {_by_utm()} ELSE {_by_referrer(own_url)} END"


def _by_utm() -> str:
    source, medium = "lower(trim(utm_source))", "lower(trim(utm_medium))"
    social, search = f"{source} RLIKE {literal(SOCIAL)}", f"{source} RLIKE {literal(SEARCH)}"
    paid = f"{medium} IN {one_of(_PAID)}"
    return (
        f"CASE WHEN {medium} IN {one_of(_PAID_SOCIAL)} OR ({paid} AND {social}) THEN 'paid_social' "
        f"WHEN {paid} THEN 'paid_search' "
        f"WHEN {medium} IN {one_of(_EMAIL)} OR {source} IN {one_of(_EMAIL)} THEN 'email' "
        f"WHEN {medium} IN {one_of(_DISPLAY)} THEN 'display' "
        f"WHEN {medium} IN {one_of(_AFFILIATE)} OR {source} IN {one_of(_AFFILIATE)} THEN 'affiliate' "
        f"WHEN {medium} IN {one_of(_SOCIAL)} OR {social} THEN 'organic_social' "
        f"WHEN {medium} = 'organic' OR {search} THEN 'organic_search' "
        f"WHEN {source} IN ('direct', '(direct)') THEN 'direct' ELSE 'referral' END"
    )


def _by_referrer(own_url: str) -> str:
    host = _host("referrer")
    return (
        f"CASE WHEN coalesce({host}, '') = '' THEN 'direct' WHEN {host} = {_host(own_url)} THEN NULL "
        f"WHEN {host} RLIKE {literal(MAIL)} THEN 'email' "
        f"WHEN {host} RLIKE {literal(SEARCH)} THEN 'organic_search' "
        f"WHEN {host} RLIKE {literal(SOCIAL)} THEN 'organic_social' ELSE 'referral' END"
    )


def _host(url: str) -> str:
    # A pattern, not parse_url: what stands in a Referer header need not be a URL.
    pattern = literal(r"^(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?([^/:?#@\s]*)")
    return f"regexp_extract(lower({url}), {pattern}, 1)"
