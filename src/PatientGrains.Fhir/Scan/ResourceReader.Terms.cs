using PatientGrains.Core.Search;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Search terms (R4 3.1.1.4), written as the values go by.</summary>
internal sealed partial class ResourceReader
{
    /// <summary>A primitive: its text, escapes resolved. A date was just checked, so its interval is at hand.</summary>
    private void EmitText(SearchRule[] rules, Property property, ReadOnlySpan<byte> text)
    {
        if (_extraction is null || text.IsEmpty)
            return;
        var terms = _extraction.Terms;
        foreach (var rule in rules)
        {
            switch (rule.Kind)
            {
                case TermKind.Date:
                    terms.Date(rule.Param, _fromTicks, _untilTicks);
                    break;
                case TermKind.Token when rule.Exists:
                    terms.Token(rule.Param, [], property.Kind == ValueKind.Boolean ? text : "true"u8);
                    break;
                case TermKind.Token:
                    terms.Token(rule.Param, [], text);
                    break;
                default:
                    terms.Text(rule.Kind, rule.Param, text);
                    break;
            }
        }
    }

    /// <summary>An object of one of the types that are searched as a whole.</summary>
    private void EmitObject(SearchRule[] rules, TypeRole role, ReadOnlySpan<Capture> captures)
    {
        if (_extraction is null)
            return;
        var first = Plain(captures[Roles.First].Offset, captures[Roles.First].Length, ref _scratch);
        var second = Plain(captures[Roles.Second].Offset, captures[Roles.Second].Length, ref _secondScratch);
        var terms = _extraction.Terms;
        foreach (var rule in rules)
        {
            if (rule.Only is { } only && !first.SequenceEqual(only))
                continue;
            switch (role)
            {
                case TypeRole.Coding when !first.IsEmpty || !second.IsEmpty:
                case TypeRole.Identifier when !first.IsEmpty || !second.IsEmpty:
                    terms.Token(rule.Param, first, second);
                    break;
                case TypeRole.ContactPoint when !second.IsEmpty:
                    terms.Token(rule.Param, [], second);
                    break;
                case TypeRole.Money when !first.IsEmpty:
                    terms.Quantity(rule.Param, first, "urn:iso:std:iso:4217"u8, second);
                    break;
                case TypeRole.Quantity when !first.IsEmpty:
                    EmitQuantity(rule, first, captures);
                    break;
                case TypeRole.Period:
                    EmitPeriod(rule, first, second);
                    break;
                case TypeRole.RelatedArtifact when !second.IsEmpty:
                    terms.Text(TermKind.Reference, rule.Param, second);
                    break;
            }
        }
    }

    private void EmitQuantity(SearchRule rule, ReadOnlySpan<byte> value, ReadOnlySpan<Capture> captures)
    {
        var system = Plain(captures[Roles.Second].Offset, captures[Roles.Second].Length, ref _secondScratch);
        var unit = captures[Roles.Third].Length > 0 ? captures[Roles.Third] : captures[Roles.Fourth];
        _extraction!.Terms.Quantity(rule.Param, value, system, Plain(unit.Offset, unit.Length, ref _scratch));
    }

    /// <summary>An end that is missing is open.</summary>
    private void EmitPeriod(SearchRule rule, ReadOnlySpan<byte> start, ReadOnlySpan<byte> end)
    {
        long from = long.MinValue;
        long until = long.MaxValue;
        if (!start.IsEmpty && DateText.TryParse(start, out _, out _, out long startFrom, out _))
            from = startFrom;
        if (!end.IsEmpty && DateText.TryParse(end, out _, out _, out _, out long endUntil))
            until = endUntil;
        if (from != long.MinValue || until != long.MaxValue)
            _extraction!.Terms.Date(rule.Param, from, until);
    }

    /// <summary>Notes what the reference is searched by and whether it names the patient; the terms are written when links have been
    /// replaced.</summary>
    private void EmitReference(ref Frame frame, int type, int declared)
    {
        int link = _referenceLinks[frame.Index];
        if (_extraction is null || frame.Node is not { } node || link < 0)
            return;
        foreach (var rule in node.Rules)
            _extraction.References.Add(new ReferenceTerm(rule.Param, link, (short)rule.Target, (short)declared));
        if (node.PatientRank < 0)
            return;
        bool certain = type == _patientType || (type < 0 && declared == _patientType);
        var spot = _extraction.Links[link];
        if (certain || (declared < 0 && _data.AsSpan(spot.Offset, spot.Length).StartsWith("urn:"u8)))
            _extraction.Patients.Add(new PatientSpot(node.PatientRank, link, certain));
    }
}
