using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>References, and the contained resources that local ones are to.</summary>
internal sealed partial class ResourceReader
{
    private readonly int[] _referenceLinks;
    private readonly Property _referenceProperty;
    private readonly List<LocalReference> _locals = [];
    private readonly List<Step> _localPaths = [];
    private readonly List<ContainedResource> _contained = [];
    private readonly Stack<(int Locals, int Paths, int Contained, int Depth)> _scopes = new();
    private readonly TextIndex _containedIds = new();
    private readonly TextIndex _localIds = new();
    private int _containedDepth;

    /// <summary>A text that starts with # and what a Reference there may point at; the path is a slice of
    /// <see cref="_localPaths"/>.</summary>
    private readonly record struct LocalReference(int Offset, int Length, Property? Place, bool IsReference, int Path, int Steps,
        bool FromContained);

    private readonly record struct ContainedResource(TypeDef Type, Capture Id, int Offset, int Index, bool RefersToContainer);

    private void BeginScope()
    {
        _scopes.Push((_locals.Count, _localPaths.Count, _contained.Count, _containedDepth));
        _containedDepth = 0;
    }

    private void NoteLocal(int offset, int length, Property? place, bool isReference = false)
    {
        _locals.Add(new LocalReference(offset, length, place, isReference, _localPaths.Count, isReference ? _steps : 0,
            _containedDepth > 0));
        if (isReference)
            _localPaths.AddRange(_path.AsSpan(0, _steps));
    }

    /// <summary>Checks local references against what is contained (ref-1) and the other way round (dom-3).</summary>
    private void EndScope(TypeDef container, bool ok)
    {
        var mark = _scopes.Pop();
        if (ok && (_locals.Count > mark.Locals || _contained.Count > mark.Contained))
            CheckScope(mark.Locals, mark.Contained, container);
        _locals.RemoveRange(mark.Locals, _locals.Count - mark.Locals);
        _localPaths.RemoveRange(mark.Paths, _localPaths.Count - mark.Paths);
        _contained.RemoveRange(mark.Contained, _contained.Count - mark.Contained);
        _containedDepth = mark.Depth;
    }

    private void CheckScope(int firstLocal, int firstContained, TypeDef container)
    {
        _containedIds.Start(_data, _contained.Count - firstContained);
        for (int i = firstContained; i < _contained.Count; i++)
        {
            _containedIds.Add(_contained[i].Id);
            if (_contained[i].Id.Length > 0 && _containedIds.Before(i - firstContained) >= 0)
                ReportUnder(Rule.ContainedId, _contained[i].Offset, "contained", index: _contained[i].Index);
        }
        _localIds.Start(_data, _locals.Count - firstLocal);
        for (int i = firstLocal; i < _locals.Count; i++)
        {
            var local = _locals[i];
            _localIds.Add(new Capture(local.Offset + 1, local.Length - 1));
            if (local.IsReference)
                CheckLocal(local, firstContained, container);
        }
        for (int i = firstContained; i < _contained.Count; i++)
        {
            if (_contained[i].Id.Length > 0 && !_contained[i].RefersToContainer && _localIds.Find(Raw(_contained[i].Id)) < 0)
                ReportUnder(Rule.Dom3, _contained[i].Offset, "contained", index: _contained[i].Index);
        }
    }

    private void CheckLocal(LocalReference local, int firstContained, TypeDef container)
    {
        var path = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_localPaths).Slice(local.Path, local.Steps);
        int found = _containedIds.Find(_data.AsSpan(local.Offset + 1, local.Length - 1));
        var target = found >= 0 ? _contained[firstContained + found].Type : local.Length == 1 && local.FromContained ? container : null;
        if (target is null)
            ReportAt(Rule.Ref1, local.Offset, path);
        else if (local.Place is { } place && !place.Allows(target.ResourceIndex))
            ReportAt(Rule.ReferenceTarget, local.Offset, path);
    }

    private void EndContained(TypeDef type, int start, int firstLocal)
    {
        bool refers = false;
        for (int i = firstLocal; i < _locals.Count && !refers; i++)
            refers = _locals[i].Length == 1;
        // The object has just ended, so its captures still stand in the frame below the present one.
        var id = _captures[((_frame + 1) * TypeDef.MaxCaptures) + type.Captures.IndexOf("id")];
        if (id.Length == 0)
            Report(Rule.ContainedId, start);
        _contained.Add(new ContainedResource(type, id, start, _path[_steps - 1].Index, refers));
    }

    private void EndReference(ref Frame frame, ReadOnlySpan<Capture> captures)
    {
        var reference = captures[Roles.First];
        int declared = CheckDeclaredType(ref frame, captures[Roles.Second]);
        if (reference.Length == 0)
            return;
        var text = Plain(reference.Offset, reference.Length, ref _scratch);
        if (text[0] == '#')
        {
            NoteLocal(reference.Offset, reference.Length, frame.Place, isReference: true);
            EmitReference(ref frame, -1, declared);
            return;
        }
        int type = ReferenceText.TargetType(text, _schema, out bool wellFormed);
        if (!wellFormed)
            ReportUnder(Rule.ReferenceFormat, reference.Offset, "reference");
        else if (type >= 0 && frame.Place is { } place && !place.Allows(type))
            Report(Rule.ReferenceTarget, reference.Offset);
        else if (type >= 0 && declared >= 0 && type != declared)
            ReportUnder(Rule.ReferenceType, captures[Roles.Second].Offset, "type");
        EmitReference(ref frame, type, declared);
    }

    /// <summary>Reference.type names a resource type, bare or as HL7's canonical; one of a logical model is absolute and left
    /// alone.</summary>
    private int CheckDeclaredType(ref Frame frame, Capture type)
    {
        if (type.Length == 0)
            return -1;
        var text = Raw(type);
        if (text.StartsWith("http://hl7.org/fhir/StructureDefinition/"u8))
            text = text["http://hl7.org/fhir/StructureDefinition/"u8.Length..];
        int index = _schema.ResourceIndex(text);
        if (index < 0 ? text.IndexOf((byte)':') < 0 : frame.Place is { } place && !place.Allows(index))
        {
            ReportUnder(index < 0 ? Rule.ReferenceType : Rule.ReferenceTarget, type.Offset, "type");
            return -1;
        }
        return index;
    }
}
