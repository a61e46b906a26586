using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>What an Observation and its components measured (R4 Observation; its notes 10.1.4 on values, components and times).</summary>
internal static class ObservationFindings
{
    public static ImmutableArray<Finding> Of(ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        ReadOnlySpan<byte> components = default, timeName = default, time = default;
        bool isPreliminary = false;
        var main = new SaidOf();
        var members = new JsonMembers(body);
        while (members.Next())
        {
            if (members.Is("status"u8))
            {
                var status = JsonBytes.Text(members.Value);
                if (!IsResult(status))
                    return [];
                isPreliminary = status.SequenceEqual("preliminary"u8);
            }
            else if (members.Name.StartsWith("effective"u8))
            {
                timeName = members.Name;
                time = members.Value;
            }
            else if (members.Is("component"u8))
            {
                components = members.Value;
            }
            else if (main.Take(members.Name, members.Value) && !main.Subject.IsKnown && body.IndexOf("\"component\""u8) < 0)
            {
                // Most observations are none that is screened, and their code comes early.
                return [];
            }
        }
        var held = HeldAt.Of(timeName, time, now);
        var found = new FoundMeasures(held, isPreliminary);
        found.Add(main);
        var items = new JsonItems(components);
        while (items.Next())
            found.Add(new SaidOf(items.Current));
        return found.ToImmutable();
    }

    /// <summary>R4 observation-status: registered and cancelled have no result, entered-in-error never had, unknown may not.</summary>
    private static bool IsResult(ReadOnlySpan<byte> status) => status.SequenceEqual("final"u8) || status.SequenceEqual("preliminary"u8)
        || status.SequenceEqual("amended"u8) || status.SequenceEqual("corrected"u8);

    /// <summary>What the observation itself or one of its components says.</summary>
    internal ref struct SaidOf
    {
        public SaidOf(ReadOnlySpan<byte> component)
        {
            var members = new JsonMembers(component);
            while (members.Next())
                Take(members.Name, members.Value);
        }

        public Subject Subject { get; private set; }
        public ReadOnlySpan<byte> ValueName { get; private set; }
        public ReadOnlySpan<byte> Value { get; private set; }

        /// <summary>The source says itself that there is no value, and why.</summary>
        public bool IsAbsent { get; private set; }

        /// <summary>Takes a member when it is one of its own; true when it was the code.</summary>
        public bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (name.SequenceEqual("code"u8))
            {
                Subject = Subject.Of(value);
                return true;
            }
            if (name.StartsWith("value"u8))
            {
                ValueName = name;
                Value = value;
            }
            else if (name.SequenceEqual("dataAbsentReason"u8))
            {
                IsAbsent = true;
            }
            return false;
        }
    }

    /// <summary>The findings as they gather.</summary>
    private struct FoundMeasures(HeldAt held, bool isPreliminary)
    {
        private ImmutableArray<Finding>.Builder? _found;

        public void Add(SaidOf said)
        {
            if (said.Subject.IsCulture && held.Why is null)
                Add(new Cultured { At = held.From ?? held.At });
            if (said.Subject.Variable is not { } variable || (said.IsAbsent && said.Value.IsEmpty))
                return;
            var read = ReadValue.Of(variable, said.ValueName, said.Value);
            if ((said.Subject.IsAmbiguous ? Doubt.AmbiguousCode : held.Why ?? read.Why) is { } doubt)
            {
                Add(new Doubted { Variable = variable, Doubt = doubt, Written = WrittenValue.Of(said.ValueName, said.Value) });
                return;
            }
            var from = held.From ?? (said.Subject.Sums24Hours && held.At - DateTimeOffset.MinValue > TimeSpan.FromHours(24)
                ? held.At.AddHours(-24)
                : null);
            Add(new Measured { Variable = variable, Value = read.Value, At = held.At, From = from, IsPreliminary = isPreliminary });
            // A fraction that is the setting of a ventilator says that there is one.
            if (said.Subject.NamesVentilator)
                Add(new Measured { Variable = Variable.MechanicalVentilation, Value = 1, At = held.At, IsPreliminary = isPreliminary });
        }

        public readonly ImmutableArray<Finding> ToImmutable() => _found is null ? [] : _found.DrainToImmutable();

        private void Add(Finding finding) => (_found ??= ImmutableArray.CreateBuilder<Finding>(2)).Add(finding);
    }
}
