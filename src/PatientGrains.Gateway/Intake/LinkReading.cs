using System.Diagnostics.CodeAnalysis;
using System.Text;
using PatientGrains.Core.Record;
using PatientGrains.Fhir;
using LinkMap = System.Collections.Generic.Dictionary<System.ReadOnlyMemory<byte>, PatientGrains.Gateway.Intake.LinkTarget>;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Finds the links that a submission replaces: those to entries of the same transaction, by fullUrl (R4 2.36.4.1), and conditional
/// references. Pure. What links point to
/// is settled later; here they only learn which target they share.
/// </summary>
internal sealed class LinkReading
{
    private readonly SubmissionPlan _plan;
    private readonly LinkMap? _entries;
    private readonly bool _hasHttp;

    /// <summary>Most submissions by themselves have no conditional reference.</summary>
    private LinkMap? _references;

    private LinkReading(SubmissionPlan plan, LinkMap? entries, bool hasHttp) => (_plan, _entries, _hasHttp) = (plan, entries, hasHttp);

    /// <summary>Fills the plan's links and conditional references; null when nothing is wrong.</summary>
    public static Problem? Read(SubmissionPlan plan, IReadOnlyList<string> baseUrls)
    {
        if (MapEntries(plan, baseUrls, out var entries, out bool hasHttp) is { } twice)
            return twice;
        var reading = new LinkReading(plan, entries, hasHttp);
        foreach (var change in plan.Changes)
        {
            if (change.Resource is not null && reading.Read(change, change.Resource) is { } problem)
                return problem;
        }
        return null;
    }

    /// <summary>Entries by fullUrl, which R4 wants unique (bdl-7; two versions of one resource cannot both be written).</summary>
    private static Problem? MapEntries(SubmissionPlan plan, IReadOnlyList<string> baseUrls, out LinkMap? entries, out bool hasHttp)
    {
        entries = null;
        hasHttp = false;
        if (!plan.IsTransaction)
            return null;
        entries = new LinkMap(plan.Changes.Count, Utf8Text.Comparer);
        int links = 0;
        foreach (var change in plan.Changes)
        {
            change.Target.Change = change;
            links += change.Resource?.LinkCount ?? 0;
            if (change.FullUrl.IsEmpty || change.Kind == ChangeKind.Delete || IsAlreadyOurs(change, baseUrls))
                continue;
            hasHttp |= change.HasHttpUrl;
            if (!entries.TryAdd(change.FullUrl, change.Target))
                return Problem.Invalid(
                    new(change.Index, "fullUrl"), "entry-full-url", "Two entries of a transaction have the same fullUrl.");
        }
        plan.Links.EnsureCapacity(links);
        return null;
    }

    /// <summary>An update at its own URL here: links to it are right as they are.</summary>
    private static bool IsAlreadyOurs(PlannedChange change, IReadOnlyList<string> baseUrls) =>
        !change.GetsNewId && Urls.Relative(Encoding.UTF8.GetString(change.FullUrl.Span), baseUrls) == change.Key.ToString();

    private Problem? Read(PlannedChange change, ScannedResource resource)
    {
        int from = _plan.Links.Count;
        string? baseUrl = _hasHttp && Urls.TrySplitFullUrl(Encoding.UTF8.GetString(change.FullUrl.Span), out string restful, out _)
            ? restful : null;
        for (int i = 0; i < resource.LinkCount; i++)
        {
            var link = resource.LinkAt(i);
            var raw = link.Raw;
            if (raw.IsEmpty || raw[0] == '#')
                continue;
            bool isEscaped = raw.Contains((byte)'\\') || (link.Kind == LinkKind.Narrative && raw.Contains((byte)'&'));
            var text = isEscaped ? Encoding.UTF8.GetBytes(link.Text) : raw;
            if (Find(change, link.Kind, text, baseUrl, out var target, out var tail) is { } problem)
                return problem;
            if (target is null)
                continue;
            var planned = new PlannedLink(link.Offset, target, tail.Fragment, tail.IsVersionSpecific);
            if (target.Change is { } other)
                other.IsReferredTo = true;
            if (tail.IsVersionSpecific && target.Change is { Kind: ChangeKind.Update })
            {
                return Problem.Unsupported(
                    new(change.Index, resource.Type), "version-reference",
                    "A version-specific reference to an entry that is updated is not supported: its version is not known yet.");
            }
            _plan.Links.Add(planned);
            if (i == resource.PatientLink)
                change.PatientLink = planned;
        }
        change.Links = from.._plan.Links.Count;
        return null;
    }

    private readonly record struct Tail(string? Fragment, bool IsVersionSpecific);

    private Problem? Find(
        PlannedChange change, LinkKind kind, ReadOnlySpan<byte> text, string? baseUrl, out LinkTarget? target, out Tail tail)
    {
        tail = default;
        target = null;
        if (text.StartsWith("urn:"u8))
        {
            var name = CutFragment(text, ref tail);
            bool isDangling = !TryFind(_entries, name, out target) && _plan.IsTransaction && kind == LinkKind.Reference;
            return isDangling
                ? Problem.Unresolved(
                    new(change.Index, change.Resource!.Type), "reference-unresolved",
                    "A reference names a urn: that is the fullUrl of no entry; nobody could ever resolve it.")
                : null;
        }
        if (kind == LinkKind.Reference && text.IndexOf((byte)'?') is > 0 and var question && FhirTypes.IsResourceType(text[..question]))
            return FindConditional(change, text, question, out target);
        if (_hasHttp)
            target = FindByUrl(CutFragment(text, ref tail), kind, baseUrl, ref tail);
        return null;
    }

    /// <summary>
    /// An absolute URL as it is, a relative one below the base of the entry that has it; with a version, then without (R4 2.36.4.1).
    /// </summary>
    private LinkTarget? FindByUrl(ReadOnlySpan<byte> text, LinkKind kind, string? baseUrl, ref Tail tail)
    {
        bool isAbsolute = text.StartsWith("http://"u8) || text.StartsWith("https://"u8);
        if (!isAbsolute && (baseUrl is null || kind == LinkKind.Uri))
            return null;
        var full = isAbsolute ? text : Encoding.UTF8.GetBytes(baseUrl + Encoding.UTF8.GetString(text));
        if (TryFind(_entries, full, out var target))
            return target;
        int version = full.LastIndexOf("/_history/"u8);
        if (version < 0 || !TryFind(_entries, full[..version], out target))
            return null;
        tail = tail with { IsVersionSpecific = true };
        return target;
    }

    private Problem? FindConditional(PlannedChange change, ReadOnlySpan<byte> text, int question, out LinkTarget? target)
    {
        if (TryFind(_references, text, out target))
            return null;
        string type = Encoding.UTF8.GetString(text[..question]);
        if (!Condition.TryParse(type, Encoding.UTF8.GetString(text[(question + 1)..]), out var condition, out string? problem))
            return Problem.Invalid(
                new(change.Index, change.Resource!.Type), "condition", $"A conditional reference cannot be evaluated. {problem}");
        var reference = _plan.References.Find(known => known.Condition.Type == type && known.Condition.Canonical == condition.Canonical);
        if (reference is null)
            _plan.References.Add(reference = new ConditionalReference(condition, change.Index));
        target = reference.Target;
        (_references ??= new LinkMap(Utf8Text.Comparer))[text.ToArray()] = target;
        return null;
    }

    private static bool TryFind(LinkMap? map, ReadOnlySpan<byte> text, [NotNullWhen(true)] out LinkTarget? target)
    {
        target = null;
        return map?.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(text, out target) == true;
    }

    private static ReadOnlySpan<byte> CutFragment(ReadOnlySpan<byte> text, ref Tail tail)
    {
        int hash = text.IndexOf((byte)'#');
        if (hash < 0)
            return text;
        tail = tail with { Fragment = Encoding.UTF8.GetString(text[hash..]) };
        return text[..hash];
    }
}
