using System.Collections.Immutable;
using System.Text;
using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>Where the patient lay, by Encounter.location; and who the patient is, as far as scores ask.</summary>
internal static class StayFindings
{
    private const int MaxUnit = 100;

    public static ImmutableArray<Finding> OfEncounter(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ReadOnlySpan<byte> status = default, locations = default;
        DateTimeOffset? start = null, end = null;
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("status"u8))
                status = JsonBytes.Text(members.Value);
            else if (members.Is("period"u8))
                (start, end) = HeldAt.Period(members.Value);
            else if (members.Is("location"u8))
                locations = members.Value;
        }
        if (!HasBegun(status))
            return [];
        var found = ImmutableArray.CreateBuilder<Finding>();
        var each = new JsonItems(locations);
        while (each.Next())
        {
            if (new Place(each.Current) is { IsTaken: true, Unit: { } unit } place && (place.From ?? start) is { } from
                && !HeldAt.IsAhead(from, now))
                found.Add(new Placed { Unit = unit, From = from, Until = place.Until ?? end });
        }
        return found.DrainToImmutable();
    }

    public static ImmutableArray<Finding> OfPatient(ReadOnlySpan<byte> body)
    {
        long? born = null;
        bool isDeceased = false;
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("birthDate"u8) && FhirDates.TryParse(JsonBytes.Text(members.Value), out long first, out _))
                born = first;
            else if (members.Is("deceasedDateTime"u8) || (members.Is("deceasedBoolean"u8) && members.Value.SequenceEqual("true"u8)))
                isDeceased = true;
        }
        DateOnly? on = born is { } ticks ? DateOnly.FromDateTime(new DateTime(ticks)) : null;
        return on is not null || isDeceased ? [new Born { On = on, IsDeceased = isDeceased }] : [];
    }

    /// <summary>R4 encounter-status: what is planned or cancelled has not been, entered-in-error never was.</summary>
    private static bool HasBegun(ReadOnlySpan<byte> status) => status.SequenceEqual("in-progress"u8) || status.SequenceEqual("finished"u8)
        || status.SequenceEqual("arrived"u8) || status.SequenceEqual("triaged"u8) || status.SequenceEqual("onleave"u8);

    /// <summary>One of Encounter.location.</summary>
    private readonly ref struct Place
    {
        public Place(ReadOnlySpan<byte> location)
        {
            IsTaken = true;
            var members = new JsonMembers(location);
            while (members.Next())
            {
                if (members.Is("status"u8))
                {
                    // R4 encounter-location-status: planned and reserved beds are empty.
                    var status = JsonBytes.Text(members.Value);
                    IsTaken = !status.SequenceEqual("planned"u8) && !status.SequenceEqual("reserved"u8);
                }
                else if (members.Is("period"u8))
                {
                    (From, Until) = HeldAt.Period(members.Value);
                }
                else if (members.Is("location"u8))
                {
                    Unit = Name(members.Value);
                }
            }
        }

        public bool IsTaken { get; }
        public DateTimeOffset? From { get; }
        public DateTimeOffset? Until { get; }
        public string? Unit { get; }

        /// <summary>The reference, or its display when there is no reference to anything outside this resource.</summary>
        private static string? Name(ReadOnlySpan<byte> of)
        {
            ReadOnlySpan<byte> reference = default, display = default;
            var members = new JsonMembers(of);
            while (members.Next())
            {
                if (members.Is("reference"u8))
                    reference = JsonBytes.Text(members.Value);
                else if (members.Is("display"u8))
                    display = JsonBytes.Text(members.Value);
            }
            var name = reference.IsEmpty || reference[0] == '#' ? display : reference;
            return name.IsEmpty ? null : Encoding.UTF8.GetString(name[..Math.Min(name.Length, MaxUnit)]);
        }
    }
}
