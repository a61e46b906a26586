using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Tests;

/// <summary>
/// What is written can be read: nulls are left out, so that a member which may be null must either be written nevertheless or not be asked
/// for when it is read. An event that breaks this would be acknowledged and lost with everything behind it.
/// </summary>
public class RequiredMemberTests
{
    public static TheoryData<Type> Written() =>
        [.. Types()];

    [Theory, MemberData(nameof(Written))]
    public void A_member_that_is_left_out_when_null_is_not_asked_for_when_read(Type type)
    {
        var nullability = new NullabilityInfoContext();
        var members = type.GetProperties().Where(member => member.IsDefined(typeof(RequiredMemberAttribute))
            && nullability.Create(member).WriteState == NullabilityState.Nullable
            && member.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition != JsonIgnoreCondition.Never);
        var parameters = type.GetConstructors().SelectMany(made => made.GetParameters()).Where(parameter => !parameter.HasDefaultValue
            && nullability.Create(parameter).WriteState == NullabilityState.Nullable);
        Assert.Empty(members.Select(member => member.Name).Concat(parameters.Select(parameter => parameter.Name!)));
    }

    [Fact]
    public void The_parts_of_events_and_outcomes_are_among_them()
    {
        Assert.Contains(typeof(ResourceStored), Types());
        Assert.Contains(typeof(MetCriterion), Types());
        Assert.Contains(typeof(DeliveryResult), Types());
    }

    private static IEnumerable<Type> Types() => typeof(Event).Assembly.GetTypes().Where(type =>
        !type.ContainsGenericParameters && !type.IsByRefLike && !type.IsAbstract && InfoOf(type) is { Kind: JsonTypeInfoKind.Object });

    private static JsonTypeInfo? InfoOf(Type type) => CoreJson.Default.GetTypeInfo(type);
}
