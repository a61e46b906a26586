using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Invariants of Observation, Condition and AllergyIntolerance that look at codings further down.</summary>
internal sealed partial class ResourceReader
{
    private readonly List<(Capture System, Capture Code, Capture Version, Capture Display, bool OfComponent)> _observationCodes = [];

    /// <summary>The coding at <paramref name="index"/> is in a watched CodeableConcept of the resource two frames up (three for a
    /// component).</summary>
    private void NoteWatched(Watch watch, int index, ReadOnlySpan<Capture> captures)
    {
        var code = Raw(captures[Roles.Second]);
        switch (watch)
        {
            case Watch.VerificationStatus when code.SequenceEqual("entered-in-error"u8):
                _flags[index - 2] |= StatusFlags.EnteredInError;
                break;
            case Watch.ClinicalStatus when code.SequenceEqual("inactive"u8) || code.SequenceEqual("resolved"u8)
                || code.SequenceEqual("remission"u8):
                _flags[index - 2] |= StatusFlags.Abated;
                break;
            case Watch.ObservationCode or Watch.ComponentCode:
                _observationCodes.Add((captures[Roles.First], captures[Roles.Second], captures[Roles.Third], captures[Roles.Fourth],
                    watch == Watch.ComponentCode));
                break;
        }
    }

    private void EndStatusResource(ref Frame frame, ulong present)
    {
        var flags = _flags[frame.Index];
        var type = frame.Type;
        bool Has(string element) => (present & (1UL << type.SlotOf(element))) != 0;
        switch (type.Role)
        {
            case TypeRole.Condition:
                if ((flags & StatusFlags.EnteredInError) != 0 && Has("clinicalStatus"))
                    Report(Rule.Con5, frame.Start);
                if ((flags & StatusFlags.Abated) == 0 && Has("abatement"))
                    Report(Rule.Con4, frame.Start);
                break;
            case TypeRole.AllergyIntolerance:
                bool inError = (flags & StatusFlags.EnteredInError) != 0;
                if (inError == Has("clinicalStatus"))
                    Report(inError ? Rule.Ait2 : Rule.Ait1, frame.Start);
                break;
            case TypeRole.Observation:
                if (_observationCodes.Count > 1 && Has("value") && ComponentRepeatsCode())
                    Report(Rule.Obs7, frame.Start);
                _observationCodes.Clear();
                break;
        }
    }

    /// <summary>Codings are the same when all of them is: FHIRPath's intersect compares whole codings.</summary>
    private bool ComponentRepeatsCode()
    {
        foreach (var component in _observationCodes)
        {
            foreach (var own in _observationCodes)
            {
                if (component.OfComponent && !own.OfComponent && Raw(component.System).SequenceEqual(Raw(own.System))
                    && Raw(component.Code).SequenceEqual(Raw(own.Code))
                    && Raw(component.Version).SequenceEqual(Raw(own.Version)) && Raw(component.Display).SequenceEqual(Raw(own.Display)))
                    return true;
            }
        }
        return false;
    }
}
