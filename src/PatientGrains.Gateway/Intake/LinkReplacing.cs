using PatientGrains.Fhir;

namespace PatientGrains.Gateway.Intake;

/// <summary>
/// Says for each link of a change what is to be put there; one for a whole submission, so that nothing is allocated for a resource.
/// </summary>
internal sealed class LinkReplacing
{
    private readonly List<PlannedLink> _links;
    private Func<ScannedLink, string?>? _replace;
    private int _from;
    private int _until;
    private int _at;

    public LinkReplacing(SubmissionPlan plan) => _links = plan.Links;

    /// <returns>What <see cref="ScannedResource.Finish"/> takes; null when the change has nothing to replace.</returns>
    public Func<ScannedLink, string?>? For(PlannedChange change)
    {
        (_from, int count) = change.Links.GetOffsetAndLength(_links.Count);
        _at = _from;
        _until = _from + count;
        return count == 0 ? null : _replace ??= Replace;
    }

    /// <summary>Links are asked for in the order of the bytes, as they were planned; should they not be, the search begins anew.</summary>
    private string? Replace(ScannedLink link)
    {
        if (_at > _from && _links[_at - 1].Offset >= link.Offset)
            _at = _from;
        while (_at < _until && _links[_at].Offset < link.Offset)
            _at++;
        return _at < _until && _links[_at].Offset == link.Offset ? _links[_at++].Text : null;
    }
}
