using System.Text;
using PatientGrains.Core.Access;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Record;

/// <summary>
/// What an event changes outside its own log, as keys that the journal blinds before the store sees them: ids that have to be unique over
/// all logs (claimed in the locator as <c>id:Type/id</c>) and counts of the population index (<c>Type|param|system|code</c>); the feeds
/// that it is a line of; and when the record has to be woken.
/// </summary>
public static class Effects
{
    /// <summary>
    /// Search parameters of the population index: what conditional creates, conditional references and <c>Patient?identifier=</c> look up.
    /// </summary>
    private static ReadOnlySpan<byte> Identifier => "identifier"u8;

    /// <summary>Calls <paramref name="claim"/> for each id that must be unique from now on.</summary>
    /// <param name="happened">The event.</param>
    /// <param name="owner">
    /// The log's own name. A Patient can be nowhere but in the log that bears its name; any other resource claims its id even there,
    /// because the same id might be submitted for a patient's record at the same time, and only one of the two may win.
    /// </param>
    /// <param name="claim">
    /// Takes the id; the journal claims nothing for one that leads to its log by itself (<see cref="RoutedIds"/>).
    /// </param>
    public static void Claims(Event happened, string owner, Action<ResourceKey> claim)
    {
        if (happened is ResourceStored { Version: 1 } stored && !(stored.Key.IsPatient && stored.Key.ToString() == owner))
            claim(stored.Key);
    }

    /// <summary>Calls <paramref name="change"/> with each index key and +1 or -1.</summary>
    public static void Index(PatientRecord before, Event happened, Action<string, int> change)
    {
        (ResourceKey key, TermList after) = happened switch
        {
            ResourceStored stored => (stored.Key, new TermList(stored.Body.Terms.Bytes)),
            ResourceDeleted deleted => (deleted.Key, default),
            _ => default,
        };
        if (key == default)
            return;
        var old = happened is ResourceStored { Version: 1 } ? null : Keys(key.Type, before.Find(key)?.Terms ?? default);
        var now = Keys(key.Type, after);
        CountThose(old, now, -1, change);
        CountThose(now, old, +1, change);
    }

    private static void CountThose(HashSet<string>? keys, HashSet<string>? without, int delta, Action<string, int> change)
    {
        if (keys is null)
            return;
        foreach (string key in keys)
        {
            if (without?.Contains(key) != true)
                change(key, delta);
        }
    }

    /// <summary>Calls <paramref name="appears"/> with each feed that the event is a line of.</summary>
    public static void Feeds(Event happened, Action<Feed> appears)
    {
        switch (happened)
        {
            case AlertEvent:
                appears(Feed.Alerts);
                break;
            case ResourceStored { Body.Findings: { IsEmpty: false } findings }:
                if (findings.Any(static finding => finding is Doubted))
                    appears(Feed.Quality);
                if (findings.Any(static finding => finding is Placed))
                    appears(Feed.Census);
                break;
            case AccessRecorded { Entry: { RefusedBy: not null } entry } when IsSecurityMatter(entry):
                appears(Feed.Security);
                break;
        }
    }

    /// <summary>
    /// When the record is to be woken (<see cref="WakeUp"/>): the next moment at which that would do something, unless another command
    /// comes first; null for none. Only alerts that are open have one, so that it costs nothing for everybody else.
    /// </summary>
    public static DateTimeOffset? DueAt(PatientRecord record) => Screener.Published.DueAt(record);

    /// <summary>
    /// Who one is and may do, not what is missing or stale. A refused delivery of the security feed is written down but is no line of that
    /// feed: else each would be the next to be refused, for ever.
    /// </summary>
    private static bool IsSecurityMatter(AccessEntry entry) => entry.Feed != Feed.Security
        && (entry.Interaction == "login"
            || entry.RefusedBy is nameof(Rule.RequesterUnknown) or nameof(Rule.RoleNotPermitted) or nameof(Rule.PurposeNotPermitted));

    public static string LocatorKey(ResourceKey key) => "id:" + key;

    /// <summary>
    /// The index key of a token value; a value without system (null) has a key of its own, so that <c>identifier=x</c> finds candidates
    /// too.
    /// </summary>
    public static string IndexKey(string type, string param, string? system, string code) =>
        system is null ? $"{type}|{param}||{code}" : $"{type}|{param}|s{system}|{code}";

    /// <returns>Null when there are none, as with most resources.</returns>
    private static HashSet<string>? Keys(string type, TermList terms)
    {
        // The bytes are searched many times faster than the terms are read.
        if (terms.Bytes.Span.IndexOf(Identifier) < 0)
            return null;
        HashSet<string>? keys = null;
        foreach (var term in terms)
        {
            if (term.Kind != TermKind.Token || !term.Param.SequenceEqual(Identifier) || term.Second.IsEmpty)
                continue;
            string code = Encoding.UTF8.GetString(term.Second);
            keys ??= new HashSet<string>(StringComparer.Ordinal);
            keys.Add(IndexKey(type, "identifier", Encoding.UTF8.GetString(term.First), code));
            keys.Add(IndexKey(type, "identifier", null, code));
        }
        return keys;
    }
}
