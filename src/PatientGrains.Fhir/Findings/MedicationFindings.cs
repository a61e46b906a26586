using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>
/// Antimicrobials and vasopressors that were given, and antimicrobials that were ordered. The drug must be said in the resource itself, by
/// code or as a contained Medication: one that is referred to elsewhere gives nothing.
/// </summary>
internal static class MedicationFindings
{
    public static ImmutableArray<Finding> OfAdministration(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ReadOnlySpan<byte> status = default, dosage = default;
        DateTimeOffset? start = null, end = null;
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("status"u8))
                status = JsonBytes.Text(members.Value);
            else if (members.Is("effectiveDateTime"u8))
                start = HeldAt.Moment(JsonBytes.Text(members.Value));
            else if (members.Is("effectivePeriod"u8))
                (start, end) = HeldAt.Period(members.Value);
            else if (members.Is("dosage"u8))
                dosage = members.Value;
        }
        if (!WasGiven(status) || DrugOf(body) is not { } drug)
            return [];
        var dose = new Dose(dosage);
        if (start is not { } at || HeldAt.IsAhead(at, now) || dose.IsLocal)
            return [];
        return
        [
            new Given
            {
                Drug = drug,
                At = at,
                Until = end,
                IsRunning = end is null && status.SequenceEqual("in-progress"u8),
                RateMcgPerKgMin = drug == Drug.Antimicrobial ? null : dose.RateMcgPerKgMin,
            },
        ];
    }

    /// <summary>A vasopressor that is ordered need not run; an antimicrobial that is ordered shows the suspicion.</summary>
    public static ImmutableArray<Finding> OfRequest(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ReadOnlySpan<byte> authored = default, dosages = default;
        bool isOrder = true;
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("status"u8))
                isOrder &= Stands(JsonBytes.Text(members.Value));
            else if (members.Is("intent"u8))
                isOrder &= JsonBytes.Text(members.Value).EndsWith("order"u8);
            else if (members.Is("doNotPerform"u8))
                isOrder &= !members.Value.SequenceEqual("true"u8);
            else if (members.Is("authoredOn"u8))
                authored = JsonBytes.Text(members.Value);
            else if (members.Is("dosageInstruction"u8))
                dosages = members.Value;
        }
        if (!isOrder || DrugOf(body) != Drug.Antimicrobial || HeldAt.Moment(authored) is not { } at || HeldAt.IsAhead(at, now))
            return [];
        var each = new JsonItems(dosages);
        while (each.Next())
        {
            if (new Dose(each.Current).IsLocal)
                return [];
        }
        return [new Given { Drug = Drug.Antimicrobial, At = at }];
    }

    /// <summary>R4 medicationrequest-status: not a draft, not held, not stopped, not an error.</summary>
    private static bool Stands(ReadOnlySpan<byte> status) => status.SequenceEqual("active"u8) || status.SequenceEqual("completed"u8);

    /// <summary>R4 medication-admin-status: what is on hold or stopped was given before; not-done was not.</summary>
    private static bool WasGiven(ReadOnlySpan<byte> status) => status.SequenceEqual("in-progress"u8) || status.SequenceEqual("completed"u8)
        || status.SequenceEqual("stopped"u8) || status.SequenceEqual("on-hold"u8);

    private static Drug? DrugOf(ReadOnlySpan<byte> body)
    {
        ReadOnlySpan<byte> reference = default, contained = default;
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("medicationCodeableConcept"u8))
                return DrugCodes.Of(members.Value);
            if (members.Is("medicationReference"u8))
                reference = Member(members.Value, "reference"u8);
            else if (members.Is("contained"u8))
                contained = members.Value;
        }
        var id = JsonBytes.Text(reference);
        if (id.IsEmpty || id[0] != '#')
            return null;
        var items = new JsonItems(contained);
        while (items.Next())
        {
            if (JsonBytes.Text(Member(items.Current, "id"u8)).SequenceEqual(id[1..]))
                return DrugCodes.Of(Member(items.Current, "code"u8));
        }
        return null;
    }

    private static ReadOnlySpan<byte> Member(ReadOnlySpan<byte> of, ReadOnlySpan<byte> name)
    {
        var members = new JsonMembers(of);
        while (members.Next())
        {
            if (members.Is(name))
                return members.Value;
        }
        return default;
    }
}
