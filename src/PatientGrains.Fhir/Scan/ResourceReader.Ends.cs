using System.Buffers.Text;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>What is checked when an object ends: required elements, ele-1, and the invariants of the standard.</summary>
internal sealed partial class ResourceReader
{
    /// <summary>Every element and every resource has its id in the first slot; an extension its extensions in the second.</summary>
    private const ulong IdBit = 1;
    private const ulong ExtensionBit = 2;

    private readonly Property?[] _places;
    private readonly bool[] _bindingMet;
    private readonly StatusFlags[] _flags;
    private readonly int[] _keyMarks;
    private readonly List<(int Key, Capture Text)> _keys = [];
    private readonly TextIndex _keyIndex = new();
    private readonly Property _codingProperty;
    private readonly Property _lowProperty;
    private readonly Property _highProperty;
    private readonly int _extensionValueSlot;
    private readonly Xhtml _xhtml = new();
    private bool _bindingFailed;

    [Flags]
    private enum StatusFlags : byte
    {
        None,
        EnteredInError = 1,
        Abated = 2,
    }

    private void BeginObject(ref Frame frame)
    {
        _places[frame.Index] = frame.Place;
        _bindingMet[frame.Index] = false;
        _flags[frame.Index] = StatusFlags.None;
        _keyMarks[frame.Index] = _keys.Count;
        switch (frame.Type.Role)
        {
            case TypeRole.Reference:
                _referenceLinks[frame.Index] = -1;
                break;
            case TypeRole.Bundle:
                BeginBundle();
                break;
            case TypeRole.BundleEntry:
                _bundles[_bundle].Begin(frame.Start);
                break;
        }
    }

    private void EndObject(ref Frame frame)
    {
        ulong present = frame.Seen | frame.Siblings;
        var type = frame.Type;
        if ((type.Required & ~present) != 0)
            ReportMissing(ref frame, type.Required & ~present);
        if (frame.Siblings != 0 || (_notes.Count > 0 && _notes[^1].Frame == frame.Index))
            CheckSiblings(ref frame);
        if (present == IdBit && !type.IsResource)
            EndWithIdOnly(ref frame);
        if (type == _elementType)
            _siblingHasExtension = (present & ExtensionBit) != 0;
        if (type.Role != TypeRole.None)
            EndRole(ref frame, present);
        if (type.Invariants.Count > 0)
            CheckInvariants(ref frame, present);
        if (type.DistinctKey >= 0 || type.Distinct.Count > 0)
            CheckDistinct(ref frame);
    }

    private void CheckInvariants(ref Frame frame, ulong present)
    {
        var facts = new ObjectFacts(
            present, _counts.AsSpan(frame.Index * 64, 64), _chosen.AsSpan(frame.Index * MaxChoices, MaxChoices),
            _captures.AsSpan(frame.Index * TypeDef.MaxCaptures, TypeDef.MaxCaptures), _data);
        foreach (var invariant in frame.Type.Invariants)
        {
            if (!invariant.Test!.Holds(facts))
                Report(new Rule(invariant.Key, "invariant", invariant.Human), frame.Start);
        }
    }

    /// <summary>An object with a key adds it; the object that holds all of them looks for one that is there twice.</summary>
    private void CheckDistinct(ref Frame frame)
    {
        var type = frame.Type;
        foreach (var (key, rule) in type.Distinct)
        {
            _keyIndex.Start(_data, _keys.Count - _keyMarks[frame.Index]);
            bool twice = false;
            for (int i = _keyMarks[frame.Index]; i < _keys.Count; i++)
            {
                _keyIndex.Add(_keys[i].Key == key ? _keys[i].Text : default);
                twice |= _keys[i].Key == key && _keys[i].Text.Length > 0 && _keyIndex.Before(i - _keyMarks[frame.Index]) >= 0;
            }
            if (twice)
                Report(new Rule(rule.Key, "invariant", rule.Human), frame.Start);
        }
        if (type.Distinct.Count > 0)
            _keys.RemoveRange(_keyMarks[frame.Index], _keys.Count - _keyMarks[frame.Index]);
        if (type.DistinctKey >= 0)
            _keys.Add((type.DistinctKey, _captures[(frame.Index * TypeDef.MaxCaptures) + type.DistinctCapture]));
    }

    private void EndWithIdOnly(ref Frame frame)
    {
        if (frame.Type != _elementType)
            Report(Rule.Ele1, frame.Start);
    }

    private void ReportMissing(ref Frame frame, ulong missing)
    {
        for (int slot = 0; slot < frame.Type.Slots.Count; slot++)
        {
            if ((missing & (1UL << slot)) != 0)
                Report(Rule.Missing, frame.Start, detail: frame.Type.Slots[slot]);
        }
    }

    private void EndRole(ref Frame frame, ulong present)
    {
        var captures = _captures.AsSpan(frame.Index * TypeDef.MaxCaptures, TypeDef.MaxCaptures);
        switch (frame.Type.Role)
        {
            case TypeRole.Extension:
                bool hasValue = (present & (1UL << _extensionValueSlot)) != 0;
                if (hasValue == ((present & ExtensionBit) != 0))
                    Report(Rule.Ext1, frame.Start);
                return;
            case TypeRole.Coding:
                EndCoding(ref frame, captures);
                break;
            case TypeRole.CodeableConcept:
                if (frame.Place?.Binding is { } binding && !_bindingMet[frame.Index] && (binding.NeedsCoding || _bindingFailed))
                    Report(Rule.Binding, frame.Start);
                _bindingFailed = false;
                return;
            case TypeRole.Quantity when frame.Place == _lowProperty || frame.Place == _highProperty:
                KeepForRange(frame.Index - 1, frame.Place == _lowProperty ? 0 : 1, captures);
                break;
            case TypeRole.Range:
                CheckRange(frame.Start, captures);
                return;
            case TypeRole.Identifier when frame.Place == _bundleIdentifier:
                _identifierHasBoth = captures[Roles.First].Length > 0 && captures[Roles.Second].Length > 0;
                break;
            case TypeRole.Period:
                CheckPeriod(frame.Start, captures);
                break;
            case TypeRole.Reference:
                EndReference(ref frame, captures);
                return;
            case TypeRole.Meta:
                EndMeta(ref frame, present, captures);
                return;
            case TypeRole.Observation or TypeRole.Condition or TypeRole.AllergyIntolerance:
                EndStatusResource(ref frame, present);
                return;
            case TypeRole.Bundle or TypeRole.BundleEntry or TypeRole.BundleRequest:
                EndBundlePart(ref frame, present, captures);
                return;
        }
        if (frame.Node is { Rules.Length: > 0 } node)
            EmitObject(node.Rules, frame.Type.Role, captures);
    }

    /// <summary>A coding counts for the required binding of the CodeableConcept that it is in, and for the status rules of the resource
    /// that that is in.</summary>
    private void EndCoding(ref Frame frame, ReadOnlySpan<Capture> captures)
    {
        if (frame.Place != _codingProperty || frame.Index == 0 || _places[frame.Index - 1] is not { } concept)
            return;
        if (concept.Binding is { } binding)
        {
            bool met = binding.HasCoding(Raw(captures[Roles.First]), Raw(captures[Roles.Second]));
            _bindingMet[frame.Index - 1] |= met;
            _bindingFailed |= !met;
        }
        if (concept.Watch != Watch.None && frame.Index > 1)
            NoteWatched(concept.Watch, frame.Index, captures);
    }

    /// <summary>A Range compares its ends, so each leaves its value and unit in the Range's captures.</summary>
    private void KeepForRange(int range, int side, ReadOnlySpan<Capture> captures)
    {
        var unit = captures[Roles.Third].Length > 0 ? captures[Roles.Third] : captures[Roles.Fourth];
        _captures[(range * TypeDef.MaxCaptures) + side] = captures[Roles.First];
        _captures[(range * TypeDef.MaxCaptures) + 2 + side] = unit;
    }

    private ReadOnlySpan<byte> Raw(Capture capture) => _data.AsSpan(capture.Offset, capture.Length);

    /// <summary>per-1 where the two are comparable: a start that covers times after the whole end. A text without zone can be 14 hours
    /// off.</summary>
    private void CheckPeriod(int at, ReadOnlySpan<Capture> captures)
    {
        if (captures[Roles.First].Length == 0 || captures[Roles.Second].Length == 0
            || !DateText.TryParse(Raw(captures[Roles.First]), out _, out bool startZone, out long startFrom, out _)
            || !DateText.TryParse(Raw(captures[Roles.Second]), out _, out bool endZone, out _, out long endUntil))
            return;
        long slack = startZone == endZone ? 0 : 14 * TimeSpan.TicksPerHour;
        if (startFrom >= endUntil + slack)
            Report(Rule.Per1, at);
    }

    /// <summary>rng-2 where both are in the same unit.</summary>
    private void CheckRange(int at, ReadOnlySpan<Capture> captures)
    {
        if (captures[0].Length > 0 && captures[1].Length > 0 && Raw(captures[2]).SequenceEqual(Raw(captures[3]))
            && Utf8Parser.TryParse(Raw(captures[0]), out double low, out _)
                && Utf8Parser.TryParse(Raw(captures[1]), out double high, out _) && low > high)
            Report(Rule.Rng2, at);
    }
}
